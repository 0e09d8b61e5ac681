// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// Why certificate and key files cannot be served with.
package struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
}

extension ListenerConfiguration.TLS {
    /// Reads the files as a listener does when it binds, and serves nothing.
    package func check() throws(TLSError) { _ = try makeContext(protocols: []) }

    /// Reads the files and makes sure that they belong together; anything wrong is an error, never a weaker listener.
    func makeContext(protocols: [String]) throws(TLSError) -> NIOSSLContext {
        let chain = try Self.certificates(certificateChain)
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: privateKey, format: .pem) } catch {
            throw TLSError(description: "private key `\(privateKey)`: not a readable PEM private key (\(error))")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = Self.authenticatedSuites
        configuration.applicationProtocols = protocols
        configuration.renegotiationSupport = .none
        if let clientCA {
            // Without a host name to check, this still demands a certificate and a chain to one of these roots.
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(try Self.certificates(clientCA))
            configuration.sendCANameList = true
        }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw TLSError(
                description:
                    "certificate `\(certificateChain)` and key `\(privateKey)` do not belong together (\(error))")
        }
    }

    private static func certificates(_ path: String) throws(TLSError) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            guard !certificates.isEmpty else { throw TLSError(description: "no certificate in it") }
            return certificates
        } catch {
            throw TLSError(description: "certificate file `\(path)`: not a readable PEM certificate (\(error))")
        }
    }

    /// TLS 1.2 with forward secrecy and AEAD; TLS 1.3 has no others.
    private static let authenticatedSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
}
