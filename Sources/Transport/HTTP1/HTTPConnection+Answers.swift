// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore
import NIOHTTP1

// MARK: Answers out

extension HTTPConnection {
    func respond(number: Int, status: Int, headers: FieldList, body: ByteBuffer) {
        guard number == self.number, phase == .handling else { return }
        let response = HTTPResponseBytes(status: status, headers: headers, body: body)
        finish(response ?? HTTPResponseBytes(status: 500))
        workOff()
    }

    /// Answers a request that never reached a handler; the connection cannot be trusted to be in step afterwards.
    func refuse(_ status: Int) {
        keepsAlive = false
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        // The words of docs/faults.md, which this module does not know otherwise.
        let reason = status == 413 || status == 431 ? "request_too_large" : "request_malformed"
        let problem = "{\"type\":\"about:blank\",\"title\":\"\(phrase)\",\"status\":\(status),\"reason\":\"\(reason)\"}"
        let headers = FieldList(["content-type": "application/problem+json"])
        finish(HTTPResponseBytes(status: status, headers: headers, body: ByteBuffer(string: problem)))
    }

    private func finish(_ response: HTTPResponseBytes?) {
        guard let response else { return closeNow() }
        let bytes = response.serialized(
            omitsBody: head.method == .HEAD, closes: !keepsAlive, confirmsKeepAlive: head.version.minor == 0)
        guard keepsAlive else { return writeLast(bytes) }
        phase = .idle
        headSince = nil
        wait(atMost: limits.idleTimeout)
        write(bytes, flushing: false)
    }

    func write(_ bytes: ByteBuffer, flushing: Bool) {
        guard let context else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
        if flushing {
            context.flush()
        } else if !isReadBatch, !isFlushScheduled {
            isFlushScheduled = true
            context.eventLoop.execute {
                self.isFlushScheduled = false
                self.context?.flush()
            }
        }
    }

    /// Writes the last answer and closes so that a client that is still sending can read it.
    private func writeLast(_ bytes: ByteBuffer) {
        guard let context else { return }
        phase = .closing
        let channel = context.channel
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
        lingersUntil = .now() + limits.messageTimeout
        linger()
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    /// Closes once the client has been silent for a while, and at the latest when a request would have had to be complete.
    ///
    /// To close before it has sent all would be a reset, on which many clients throw the answer away.
    func linger() {
        guard let context, let lingersUntil else { return }
        let channel = context.channel
        timer?.cancel()
        timer = context.eventLoop.scheduleTask(deadline: min(.now() + limits.lingerTimeout, lingersUntil)) {
            channel.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = context.channel.isWritable ? nil : .now()
        if unwritableSince != nil { arm(at: .now() + limits.messageTimeout) }
        context.fireChannelWritabilityChanged()
    }
}

// MARK: Timers

extension HTTPConnection {
    func wait(atMost amount: TimeAmount) {
        let at = NIODeadline.now() + amount
        dueAt = at
        arm(at: at)
    }

    func arm(at deadline: NIODeadline, replacing: Bool = false) {
        guard phase != .closing, let context else { return }
        if !replacing, let timerAt, timerAt <= deadline { return }
        timer?.cancel()
        timerAt = deadline
        timer = context.eventLoop.scheduleTask(deadline: deadline) { self.timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerAt = nil
        guard phase != .closing else { return }
        let now = NIODeadline.now()
        if let since = unwritableSince, since + limits.messageTimeout <= now {
            events.abuse(.slowReader)
            return closeNow()
        }
        guard let dueAt, dueAt <= now else {
            let next = min(
                dueAt ?? .distantFuture, unwritableSince.map { $0 + limits.messageTimeout } ?? .distantFuture)
            if next != .distantFuture { arm(at: next) }
            return
        }
        switch phase {
        case .idle where headSince == nil: closeNow()
        case .idle:
            events.abuse(.headerTimeout)
            refuse(408)
        case .receiving:
            events.abuse(.messageTimeout)
            refuse(408)
        case .handling, .closing: closeNow()
        }
    }
}
