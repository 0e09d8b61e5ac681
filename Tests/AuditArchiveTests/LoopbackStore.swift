// SPDX-License-Identifier: Apache-2.0

import Identity
import NIOCore
import NIOHTTP1
import NIOPosix
import Outbound
import Synchronization

@testable import AuditArchive

/// A store of objects on loopback that speaks as much of S3 as an archive needs; it fails where a test says so.
final class LoopbackStore: Sendable {
    struct Object: Sendable, Equatable {
        var bytes: [UInt8]
        var fields: [String: String]
    }

    /// What becomes of requests.
    struct Behaviour: Sendable {
        /// Answers to the next requests, before anything is done.
        var failures: [Int] = []
        /// How many of the next writes are done but answered with 503.
        var lostAnswers = 0
        /// Whether `If-None-Match` counts.
        var writesOnce = true
        /// Whether the checksum is repeated.
        var confirms = true
        /// Whether a bit of what is kept is another one.
        var corrupts = false
    }

    private struct State {
        var objects: [String: Object] = [:]
        var behaviour = Behaviour()
        var requests = 0
    }

    private let state = Mutex(State())
    private let channel = Mutex<(any Channel)?>(nil)

    /// Listens on a port of its own, of any address of this machine.
    static func open(at host: String = "127.0.0.1") async throws -> LoopbackStore {
        let store = LoopbackStore()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(StoreHandler(store: store))
                }
            }
            .bind(host: host, port: 0).get()
        store.channel.withLock { $0 = channel }
        return store
    }

    func close() { channel.withLock { $0?.close(promise: nil) } }

    /// Listens no more once this returns.
    func shut() async throws { try await channel.withLock { $0 }?.close() }

    var endpoint: String {
        let address = channel.withLock { $0?.localAddress }
        return "http://\(address?.ipAddress ?? ""):\(address?.port ?? 0)"
    }
    var requests: Int { state.withLock { $0.requests } }

    func behave(_ change: (inout Behaviour) -> Void) { state.withLock { change(&$0.behaviour) } }

    /// The object under a path of the bucket `evidence`.
    subscript(path: String) -> Object? {
        get { state.withLock { $0.objects["/evidence/" + path] } }
        set { state.withLock { $0.objects["/evidence/" + path] = newValue } }
    }

    var paths: [String] { state.withLock { $0.objects.keys.sorted() } }

    /// A client of this store.
    func client(attempts: Int = 4) throws -> ObjectStore {
        var settings = ObjectStoreSettings(endpoint: endpoint, region: "eu-west-3", bucket: "evidence", prefix: "one")
        (settings.attempts, settings.firstPause) = (attempts, .milliseconds(1))
        settings.lock = ObjectStoreSettings.Lock(mode: .compliance, seconds: 86_400)
        let fetcher = try HTTPFetcher(
            group: MultiThreadedEventLoopGroup.singleton,
            policy: OutboundPolicy(
                allowsPlaintext: true, addressClasses: [.loopback], connectTimeout: .seconds(600),
                deadline: .seconds(600),
                maximumBodyBytes: ObjectArchive.maximumObjectBytes))
        return ObjectStore(
            settings, credentials: AWSCredentials(accessKeyID: "AKID", secretAccessKey: Secret("secret".utf8)),
            fetcher: fetcher, now: { 1_795_478_400 })
    }

    fileprivate func answer(_ head: HTTPRequestHead, _ body: [UInt8]) -> (
        status: Int, fields: HTTPHeaders, body: [UInt8]
    ) {
        state.withLock { state in
            state.requests += 1
            if !state.behaviour.failures.isEmpty { return (state.behaviour.failures.removeFirst(), [:], []) }
            let isSigned = head.headers.first(name: "authorization")?.hasPrefix("AWS4-HMAC-SHA256 Credential=AKID/")
            guard isSigned == true else { return (403, [:], Array("<Error><Code>AccessDenied</Code></Error>".utf8)) }
            let known = state.objects[head.uri]
            guard head.method == .PUT else {
                guard let known else { return (404, [:], Array("<Error><Code>NoSuchKey</Code></Error>".utf8)) }
                let coding = known.fields["content-encoding"].map { [("content-encoding", $0)] } ?? []
                return (200, HTTPHeaders(coding), known.bytes)
            }
            if known != nil, state.behaviour.writesOnce, head.headers["if-none-match"] == ["*"] {
                return (412, [:], Array("<Error><Code>PreconditionFailed</Code></Error>".utf8))
            }
            var fields: [String: String] = [:]
            for (name, value) in head.headers { fields[name.lowercased()] = value }
            var kept = body
            if state.behaviour.corrupts, !kept.isEmpty { kept[0] ^= 1 }
            state.objects[head.uri] = Object(bytes: kept, fields: fields)
            if state.behaviour.lostAnswers > 0 {
                state.behaviour.lostAnswers -= 1
                return (503, [:], [])
            }
            let confirmed = state.behaviour.confirms ? fields["x-amz-checksum-sha256"] : nil
            return (200, HTTPHeaders(confirmed.map { [("x-amz-checksum-sha256", $0)] } ?? []), [])
        }
    }
}

private final class StoreHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let store: LoopbackStore
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(store: LoopbackStore) { self.store = store }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let part): body += part.readableBytesView
        case .end:
            guard let head else { return }
            var (status, fields, answer) = store.answer(head, body)
            fields.add(name: "content-length", value: "\(answer.count)")
            let response = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
