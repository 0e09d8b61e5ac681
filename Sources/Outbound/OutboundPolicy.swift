// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// What calls to the outside may do; the defaults are the strict ones.
package struct OutboundPolicy: Sendable, Hashable {
    /// Whether `http:` URLs may be called at all.
    package var allowsPlaintext: Bool
    /// The classes of addresses that may be connected to.
    ///
    /// ``AddressClass/linkLocal`` and ``AddressClass/reserved`` are refused even when they stand here.
    package var addressClasses: Set<AddressClass>
    /// Whether the addresses may be connected to at which clouds hand out credentials to a machine or container.
    ///
    /// For the one who fetches this service's own credentials, to whom no URL comes from outside; nobody else may.
    package var allowsCredentialServices = false
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

    /// Instances, containers of ECS, pods of EKS; each in IPv4 and, where there is one, IPv6.
    private static let credentialServices: Set = [
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23",
    ]

    func allows(_ address: SocketAddress) -> Bool {
        if allowsCredentialServices, let text = address.ipAddress, Self.credentialServices.contains(text) {
            return true
        }
        return allows(AddressClass(address))
    }

    func allows(_ addressClass: AddressClass) -> Bool {
        switch addressClass {
        case .global, .loopback, .private: addressClasses.contains(addressClass)
        case .linkLocal, .reserved: false
        }
    }
}
