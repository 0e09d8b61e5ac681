// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "countersign",
    products: [
        .executable(name: "countersign", targets: ["countersign"]),
        .library(name: "Cedar", targets: ["Cedar"]),
        .library(name: "AuditLog", targets: ["AuditLog"]),
        .library(name: "Identity", targets: ["Identity"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // What everything but Cedar stands on.
        .target(name: "StrictJSON"),
        .target(name: "Fields", dependencies: ["StrictJSON"]),
        .target(name: "Callout", dependencies: ["Fields", "StrictJSON"]),

        // SHA-256 where its cost counts: the library's context lies on the stack, swift-crypto's on the heap.
        .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),

        // Useful alone.
        .target(name: "Cedar", dependencies: []),
        .target(name: "CAudit"),
        .target(
            name: "AuditLog",
            dependencies: [
                "CAudit", "CNettle", "StrictJSON", .crypto, .nioCore, .logging,
            ]
        ),
        .target(name: "Telemetry", dependencies: [.coreMetrics]),

        // The wire.
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "Transport",
            dependencies: [
                "CNghttp2", "CZlib", "Fields", "StrictJSON", .asn1, .crypto, .nioCore, .nioPosix, .nioHTTP1, .nioTLS,
                .nioSSL, .x509,
                .lifecycle,
            ]
        ),
        .target(
            name: "Outbound",
            dependencies: [.nioCore, .nioPosix, .nioHTTP1, .nioSSL]
        ),

        // Who is calling, what may they do.
        .target(
            name: "Identity",
            dependencies: [
                "Callout", "Fields", "Outbound", "StrictJSON", .asn1, .crypto, .cryptoExtras, .lifecycle, .x509,
            ]
        ),
        .target(
            name: "DecisionEngine",
            dependencies: [
                "AuditLog", "CNettle", "Callout", "Cedar", "Fields", "Identity", "StrictJSON", .crypto, .coreMetrics,
                .nioCore, .logging,
            ]
        ),

        // The ways in.
        .target(
            name: "Gateways",
            dependencies: ["Callout", "DecisionEngine", "Fields", "Identity", "StrictJSON", "Transport", .nioCore]
        ),
        .target(name: "DevelopmentIdentityProvider", dependencies: ["Identity", "StrictJSON", .crypto]),

        // Work on policies at the desk.
        .target(name: "PolicyTools", dependencies: ["CZlib", "Cedar", "StrictJSON"]),

        // Work on the log at the desk.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "AuditTools", dependencies: ["AuditLog", "CSQLite", "Cedar", "StrictJSON", .crypto]),

        // Where copies of the log go.
        .target(
            name: "AuditArchive", dependencies: ["AuditLog", "CZlib", "Identity", "Outbound", .crypto, .nioPosix]),

        // The whole.
        .target(
            name: "CountersignServer",
            dependencies: [
                "AuditArchive", "AuditLog", "AuditTools", "Callout", "Cedar", "DecisionEngine",
                "DevelopmentIdentityProvider", "Fields",
                "Gateways", "Identity", "Outbound", "StrictJSON", "Telemetry", "Transport", .crypto, .coreMetrics,
                .nioCore,
                .nioPosix, .nioSSL,
                .logging, .lifecycle, .signals, .yams,
            ]
        ),
        .executableTarget(
            name: "countersign",
            dependencies: [
                "AuditLog", "AuditTools", "Cedar", "CountersignServer", "DevelopmentIdentityProvider", "Fields",
                "Gateways",
                "Identity",
                "Outbound", "PolicyTools", "StrictJSON", "Transport", .argumentParser, .lifecycle, .logging, .nioCore,
                .nioPosix, .signals,
            ]
        ),

        // Tests, one target a room.
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON"]),
        .testTarget(name: "CalloutTests", dependencies: ["Callout"]),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", .coreMetrics]),
        .testTarget(
            name: "OutboundTests",
            dependencies: ["Outbound", .nioCore, .nioPosix, .nioHTTP1, .nioSSL],
            resources: [.copy("Certificates")]
        ),
        .testTarget(
            name: "IdentityTests",
            dependencies: [
                "Callout", "Fields", "Identity", "Outbound", "StrictJSON", .asn1, .crypto, .cryptoExtras, .x509,
            ],
            exclude: ["Generator"],
            resources: [.copy("Vectors")]
        ),
        .testTarget(
            name: "DevelopmentIdentityProviderTests",
            dependencies: ["Callout", "DevelopmentIdentityProvider", "Identity", "StrictJSON", .crypto]
        ),
        .testTarget(name: "DecisionEngineTests", dependencies: ["Callout", "DecisionEngine", "Fields"]),
        .testTarget(
            name: "GatewaysTests", dependencies: ["Callout", "Fields", "Gateways", "StrictJSON", "Transport", .nioCore]),
        .testTarget(
            name: "CountersignServerTests",
            dependencies: [
                "AuditLog", "AuditTools", "CountersignServer", "DecisionEngine", "Identity", "StrictJSON", .logging,
                .nioCore, .nioPosix,
            ]),
        .testTarget(name: "InteropTests"),
        .testTarget(
            name: "CedarTests", dependencies: ["Cedar"], resources: [.copy("Conformance")]),
        .testTarget(name: "PolicyToolsTests", dependencies: ["Cedar", "PolicyTools", "StrictJSON"]),
        .testTarget(
            name: "AuditArchiveTests",
            dependencies: [
                "AuditArchive", "AuditLog", "Identity", "Outbound", .logging, .nioCore, .nioHTTP1, .nioPosix,
            ]
        ),
        .testTarget(
            name: "AuditToolsTests",
            dependencies: ["AuditLog", "AuditTools", "Cedar", "StrictJSON", .nioCore, .nioPosix],
            resources: [.copy("OCSF")]
        ),
        .testTarget(
            name: "AuditLogTests",
            dependencies: ["AuditLog", "StrictJSON", .crypto, .logging, .nioCore, .nioPosix],
            exclude: ["Independent"]
        ),
        .testTarget(
            name: "TransportTests",
            dependencies: ["Fields", "Transport", .lifecycle, .logging, .nioCore, .nioEmbedded, .nioPosix],
            exclude: ["Python"]
        ),
    ]
)

extension Target.Dependency {
    static let asn1: Self = .product(name: "SwiftASN1", package: "swift-asn1")
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let coreMetrics: Self = .product(name: "CoreMetrics", package: "swift-metrics")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras: Self = .product(name: "CryptoExtras", package: "swift-crypto")
    static let lifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioEmbedded: Self = .product(name: "NIOEmbedded", package: "swift-nio")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioTLS: Self = .product(name: "NIOTLS", package: "swift-nio")
    static let signals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let x509: Self = .product(name: "X509", package: "swift-certificates")
    static let yams: Self = .product(name: "Yams", package: "Yams")
}

/// Documentation is generated with a plugin that nothing else needs.
if Context.environment["COUNTERSIGN_DOCS"] == "1" {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

/// `./test` sets COUNTERSIGN_STRICT: a user's newer compiler must not fail on a warning that is new in it.
let isStrict = Context.environment["COUNTERSIGN_STRICT"] == "1"

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("ExistentialAny"),
        ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])
}
