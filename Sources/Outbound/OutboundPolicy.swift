// SPDX-License-Identifier: Apache-2.0

/// What calls to the outside may do; the defaults are the strict ones.
package struct OutboundPolicy: Sendable, Hashable {
    /// Whether `http:` URLs may be called at all.
    package var allowsPlaintext: Bool
    /// The classes of addresses that may be connected to.
    ///
    /// ``AddressClass/linkLocal`` and ``AddressClass/reserved`` are refused even when they stand here.
    package var addressClasses: Set<AddressClass>
    /// How long one connection attempt may take, TLS not counted.
    package var connectTimeout: Duration
    /// How long the whole exchange may take, name resolution and TLS included.
    package var deadline: Duration
    /// The longest body accepted, in bytes.
    package var maximumBodyBytes: Int
    /// The longest header list accepted, in bytes of names and values.
    package var maximumHeaderBytes: Int

    package init(
        allowsPlaintext: Bool = false, addressClasses: Set<AddressClass> = [.global],
        connectTimeout: Duration = .seconds(3), deadline: Duration = .seconds(10),
        maximumBodyBytes: Int = 1 << 20, maximumHeaderBytes: Int = 16 << 10
    ) {
        self.allowsPlaintext = allowsPlaintext
        self.addressClasses = addressClasses
        self.connectTimeout = connectTimeout
        self.deadline = deadline
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumHeaderBytes = maximumHeaderBytes
    }

    func allows(_ addressClass: AddressClass) -> Bool {
        switch addressClass {
        case .global, .loopback, .private: addressClasses.contains(addressClass)
        case .linkLocal, .reserved: false
        }
    }
}
