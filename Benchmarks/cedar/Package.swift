// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
    name: "cedar-benchmark",
    dependencies: [.package(name: "countersign", path: "../..")],
    targets: [
        .target(name: "AllocationCounter"),
        .executableTarget(
            name: "CedarBenchmark",
            dependencies: ["AllocationCounter", .product(name: "Cedar", package: "countersign")]),
    ]
)
