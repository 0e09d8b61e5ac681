// SPDX-License-Identifier: Apache-2.0

/// Elements that never change and never move, for pointers that are followed without counting references.
///
/// `@unchecked Sendable`: the memory is written by `init` alone and freed by `deinit`; there is no lock because nothing
/// changes in between.
final class FixedBuffer<Element: Sendable>: @unchecked Sendable {
    let start: UnsafePointer<Element>
    let count: Int

    init(_ elements: some Collection<Element>) {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        var place = 0
        for element in elements {
            (memory + place).initialize(to: element)
            place += 1
        }
        start = UnsafePointer(memory)
        count = place
    }

    deinit {
        UnsafeMutablePointer(mutating: start).deinitialize(count: count)
        start.deallocate()
    }

    var elements: [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }
}

/// Numbers in ascending order.
typealias AncestorList = FixedBuffer<Int32>

extension FixedBuffer<Int32> {
    static let none = FixedBuffer<Int32>([])

    @inline(__always)
    func contains(_ number: Int32) -> Bool { Self.contains(number, start, count) }

    @inline(__always)
    static func contains(_ number: Int32, _ start: UnsafePointer<Int32>, _ count: Int) -> Bool {
        if count <= 8 {
            var index = 0
            while index < count {
                if start[index] == number { return true }
                index &+= 1
            }
            return false
        }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low &+ high) / 2
            if start[middle] == number { return true }
            if start[middle] < number { low = middle &+ 1 } else { high = middle }
        }
        return false
    }
}
