// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Fuzz targets of what needs no other package; `Fuzz/run` builds it with coverage and links it to libFuzzer.
let package = Package(
    name: "countersign",
    products: [.library(name: "CedarFuzz", type: .static, targets: ["CedarFuzz"])],
    targets: [
        .target(name: "StrictJSON"),
        .target(name: "Cedar"),
        .target(name: "CedarFuzz", dependencies: ["Cedar", "StrictJSON"]),
    ]
)

for target in package.targets {
    target.swiftSettings = [
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("ExistentialAny"),
    ]
}
