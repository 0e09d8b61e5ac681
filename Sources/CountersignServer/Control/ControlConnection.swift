// SPDX-License-Identifier: Apache-2.0

import NIOCore
import StrictJSON

/// One request that waits to be carried out, and where its answer goes.
struct ControlRequest: Sendable {
    let line: [UInt8]
    let caller: ControlCaller
    let channel: any Channel

    /// Sends the answer as one line.
    func answer(_ result: Result<JSONObject, ControlProblem>) {
        channel.writeAndFlush(ControlConnection.answer(result), promise: nil)
    }
}

/// Cuts what a local user sends into lines; hears nobody but the own user and root.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The longest request, its newline included.
    static let maximumLine = 1 << 20
    /// How long a connection may stay without a whole request.
    static let idle = TimeAmount.seconds(30)

    private let receive: @Sendable (ControlRequest) -> Bool
    private let closed: @Sendable () -> Void
    private var caller: ControlCaller?
    private var line: [UInt8] = []
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - caller: Who connected; `nil` for somebody who is not heard.
    ///   - receive: Takes a request; `false` if there are too many.
    ///   - closed: Told once when the connection is gone.
    init(
        caller: ControlCaller?, receive: @escaping @Sendable (ControlRequest) -> Bool,
        closed: @escaping @Sendable () -> Void
    ) {
        (self.caller, self.receive, self.closed) = (caller, receive, closed)
    }

    func channelActive(context: ChannelHandlerContext) {
        guard caller != nil else {
            return refuse(.refused, "only the user that runs the process, or root, may command it", context)
        }
        timer = context.eventLoop.scheduleTask(in: Self.idle) { [channel = context.channel] in
            channel.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        closed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let caller else { return }
        for byte in unwrapInboundIn(data).readableBytesView {
            guard byte == 0x0A else {
                line.append(byte)
                guard line.count < Self.maximumLine else {
                    self.caller = nil
                    return refuse(.malformed, "a request is one line of less than 1 MiB", context)
                }
                continue
            }
            timer?.cancel()
            let request = ControlRequest(line: line, caller: caller, channel: context.channel)
            line = []
            guard receive(request) else {
                self.caller = nil
                return refuse(.notPossible, "too many commands wait; try again later", context)
            }
        }
    }

    private func refuse(_ code: ControlProblem.Code, _ text: String, _ context: ChannelHandlerContext) {
        let answer = wrapOutboundOut(Self.answer(.failure(ControlProblem(code, text))))
        context.writeAndFlush(answer).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    static func answer(_ result: Result<JSONObject, ControlProblem>) -> ByteBuffer {
        var answer = JSONObject()
        switch result {
        case .success(let result): answer.append("result", .object(result))
        case .failure(let problem):
            answer.append(
                "problem", ["code": .string(problem.code.rawValue), "message": .string(problem.description)])
        }
        return ByteBuffer(bytes: JSONValue.object(answer).canonicalBytes() + [0x0A])
    }
}
