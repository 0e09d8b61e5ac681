// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Fuzz targets of what strangers send: only the readers, without servers, so that little of other packages is built.
let package = Package(
    name: "countersign",
    products: [.library(name: "WireFuzz", type: .static, targets: ["WireFuzz"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(name: "StrictJSON"),
        .target(name: "Fields", dependencies: ["StrictJSON"]),
        .target(name: "Callout", dependencies: ["Fields", "StrictJSON"]),
        .target(name: "Transport", dependencies: ["StrictJSON", .product(name: "NIOCore", package: "swift-nio")]),
        .target(
            name: "Gateways",
            dependencies: ["Callout", "Fields", "Transport", .product(name: "NIOCore", package: "swift-nio")],
            sources: ["ApigeeMessage.swift", "ApigeeMessage+Callout.swift"]
        ),
        .target(
            name: "DecisionEngine",
            dependencies: ["Callout", "Fields", "StrictJSON"],
            sources: [
                "Caller/PresentedCredential.swift", "Routing/APIDefinition.swift", "Routing/CanonicalPath.swift",
                "Routing/IdentityHeader.swift", "Routing/PathTemplate.swift", "Routing/ResourceTemplate.swift",
            ]
        ),
        .target(
            name: "Identity",
            dependencies: [
                "Callout", "StrictJSON", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            exclude: [
                "APIKey", "AWS", "Caller", "Cases", "ClientAuthentication", "ClientCertificate", "DPoP",
                "Documentation.docc", "Introspection", "Keys", "Possession", "Revocation",
                "JWT/TokenProvider.swift", "JWT/TokenVerifier.swift", "JWT/VerifiedToken.swift",
                "JWT/VerifiedTokenCache.swift",
            ]
        ),
        .target(
            name: "WireFuzz",
            dependencies: [
                "Callout", "DecisionEngine", "Fields", "Gateways", "Identity", "StrictJSON", "Transport",
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
    ]
)

for target in package.targets {
    target.swiftSettings = [
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("ExistentialAny"),
    ]
}
