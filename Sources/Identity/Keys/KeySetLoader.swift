// SPDX-License-Identifier: Apache-2.0
import Foundation
import StrictJSON

/// Fetches and checks one issuer's key set; keeps nothing.
struct KeySetLoader: Sendable {
    static let maximumBytes = 1 << 20

    let issuer: String
    let source: KeySource
    let fetcher: DocumentFetcher

    struct Loaded {
        let keys: KeySet
        /// What the server says about freshness, in seconds.
        let freshness: Int64?
    }

    func load() async throws(KeyFetchError) -> Loaded {
        switch source {
        case .file(let path): return Loaded(keys: try parse(try read(path), path), freshness: nil)
        case .url(let url): return try await keySet(at: url)
        case .discovery: return try await keySet(at: try await discover())
        }
    }

    private func keySet(at url: String) async throws(KeyFetchError) -> Loaded {
        let document = try await fetch(url)
        return Loaded(keys: try parse(document.body, url), freshness: document.freshness)
    }

    private func discover() async throws(KeyFetchError) -> String {
        let url = KeySource.discoveryURL(issuer: issuer)
        let body = try await fetch(url).body
        let value: JSONValue
        do { value = try JSONValue.parse(body) } catch { throw .notJSON(url: url, problem: "\(error)") }
        let named = value.objectValue?["issuer"]?.stringValue
        guard let named, named.isSameBytes(as: issuer) else { throw .issuerMismatch(url: url, issuer: named) }
        guard let keys = value.objectValue?["jwks_uri"]?.stringValue else { throw .noKeySetURL(url: url) }
        return keys
    }

    private func fetch(_ url: String) async throws(KeyFetchError) -> FetchedDocument {
        let document: FetchedDocument
        do { document = try await fetcher.fetch(url) } catch { throw .unreachable(url: url, reason: "\(error)") }
        guard document.status == 200 else { throw .status(url: url, document.status) }
        guard document.body.count <= Self.maximumBytes else { throw .tooLarge(url: url) }
        return document
    }

    private func read(_ path: String) throws(KeyFetchError) -> [UInt8] {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            let data = try handle.read(upToCount: Self.maximumBytes + 1) ?? Data()
            guard data.count <= Self.maximumBytes else { throw KeyFetchError.tooLarge(url: path) }
            return Array(data)
        } catch let error as KeyFetchError {
            throw error
        } catch {
            throw .unreachable(url: path, reason: "the file cannot be read")
        }
    }

    private func parse(_ bytes: [UInt8], _ url: String) throws(KeyFetchError) -> KeySet {
        do { return try KeySet(parsing: bytes) } catch { throw .keySet(url: url, error) }
    }
}
