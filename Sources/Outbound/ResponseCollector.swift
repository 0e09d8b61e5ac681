// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHTTP1
import NIOSSL

/// Sends the request once the connection stands and gathers the answer within its bounds.
final class ResponseCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let exchange: HTTPExchange
    private let request: OutboundRequest
    private let maximumBodyBytes: Int
    private let maximumHeaderBytes: Int
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(exchange: HTTPExchange, request: OutboundRequest, maximumBodyBytes: Int, maximumHeaderBytes: Int) {
        self.exchange = exchange
        self.request = request
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumHeaderBytes = maximumHeaderBytes
    }

    func channelActive(context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: request.host ?? request.url.hostHeader)
        headers.add(name: "Connection", value: "close")
        headers.add(name: "User-Agent", value: "countersign")
        for (name, value) in request.headers {
            if name.lowercased() == "user-agent" { headers.remove(name: "User-Agent") }
            headers.add(name: name, value: value)
        }
        if request.method.hasBody { headers.add(name: "Content-Length", value: String(request.body.count)) }
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method.rawValue), uri: request.url.target,
            headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method.hasBody, !request.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): take(head)
        case .body(let buffer):
            guard buffer.readableBytes <= maximumBodyBytes - body.count else {
                return fail(.bodyTooLarge(limit: maximumBodyBytes))
            }
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            let headers = head.headers.map { (name: $0.name, value: $0.value) }
            exchange.finish(
                .success(OutboundResponse(status: Int(head.status.code), headers: headers, body: body)))
        }
    }

    private func take(_ head: HTTPResponseHead) {
        var size = 0
        for (name, value) in head.headers { size += name.utf8.count + value.utf8.count }
        guard size <= maximumHeaderBytes else { return fail(.headersTooLarge(limit: maximumHeaderBytes)) }
        let status = Int(head.status.code)
        guard !(300...399).contains(status) || status == 304 else { return fail(.redirectRefused(status: status)) }
        if let length = head.headers.first(name: "content-length").flatMap(Int.init), length > maximumBodyBytes {
            return fail(.bodyTooLarge(limit: maximumBodyBytes))
        }
        self.head = head
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.brokenResponse(host: request.url.host, reason: "the connection ended before the answer did"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let host = request.url.host
        if error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError {
            fail(.tlsFailed(host: host, reason: "\(error)"))
        } else {
            fail(.brokenResponse(host: host, reason: "\(error)"))
        }
        context.close(promise: nil)
    }

    private func fail(_ error: OutboundError) { exchange.finish(.failure(error)) }
}
