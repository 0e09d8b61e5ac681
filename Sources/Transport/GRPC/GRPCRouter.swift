// SPDX-License-Identifier: Apache-2.0

/// Finds a method by the bytes of a request's path.
///
/// A listener has a handful of methods, so a walk that compares lengths first beats making a `String` to hash.
final class GRPCRouter: Sendable {
    struct Route: Sendable {
        let path: String
        let bytes: [UInt8]
        let method: GRPCServiceDescription.Method
    }

    private let routes: [Route]

    init(_ services: [GRPCServiceDescription]) {
        routes = services.flatMap { service in
            service.methods.map { name, method in
                let path = "/\(service.name)/\(name)"
                return Route(path: path, bytes: Array(path.utf8), method: method)
            }
        }
    }

    func index(of path: UnsafeRawBufferPointer) -> Int? {
        routes.firstIndex { $0.bytes.count == path.count && $0.bytes.elementsEqual(path) }
    }

    subscript(index: Int) -> Route { routes[index] }
}
