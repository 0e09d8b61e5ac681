// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "identity-benchmark",
    dependencies: [
        .package(name: "countersign", path: "../.."),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "identity-benchmark",
            dependencies: [
                .product(name: "Identity", package: "countersign"), .product(name: "Crypto", package: "swift-crypto"),
            ]
        )
    ]
)
