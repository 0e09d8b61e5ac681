// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// One HTTP/2 connection's state in libnghttp2: the only file that calls the library
/// (`HTTP2Field` prepares the headers that are passed to it).
///
/// The rules that keep this boundary safe, each of which a reviewer can check here:
/// - streams carry a slot number as user data, never a pointer, so nothing is retained and a stale one is a failed
///   look-up; the session's user data is this object, unretained, and `close` deletes the session before it can go;
/// - every callback is one line into a method; buffers from the library are used inside the call only;
/// - nothing here is called again from inside a callback, except the submissions that the library documents as allowed;
/// - after a termination or a negative `mem_recv` no more bytes are fed (CVE-2026-27135).
///
/// Not thread-safe: belongs to one event loop.
final class HTTP2Session {
    struct Options {
        var concurrentStreams: Int
        var headerListBytes: Int
        var streamWindowBytes: Int
        var connectionWindowBytes: Int
        var resets: Int
        var continuations: Int
        var queuedAcknowledgements: Int
    }

    private var session: OpaquePointer?
    private var owner: (any HTTP2SessionOwner)?
    private let isServer: Bool
    /// What the first SETTINGS frame must say, once it is about to be sent.
    private var announcedStreams: Int?
    /// The stream whose header block is being received; the library never interleaves two.
    private var headerSlot: Int?
    /// No byte may be fed any more.
    private(set) var isTerminated = false

    /// `nil` if the library has no memory left.
    init?(isServer: Bool, options: Options, owner: any HTTP2SessionOwner) {
        self.isServer = isServer
        self.owner = owner
        guard let session = Self.makeSession(isServer: isServer, options: options, owner: self) else { return nil }
        self.session = session
        guard submitSettings(options) else { return nil }
    }

    deinit { close() }

    /// Deletes the session.
    ///
    /// Must not be called from inside a callback.
    func close() {
        isTerminated = true
        owner = nil
        guard let session else { return }
        self.session = nil
        nghttp2_session_del(session)
    }
}

// MARK: Setting up

extension HTTP2Session {
    private static func makeSession(isServer: Bool, options: Options, owner: HTTP2Session) -> OpaquePointer? {
        var callbacks: OpaquePointer?
        var option: OpaquePointer?
        defer {
            nghttp2_session_callbacks_del(callbacks)
            nghttp2_option_del(option)
        }
        guard nghttp2_session_callbacks_new(&callbacks) == 0, nghttp2_option_new(&option) == 0 else { return nil }
        setCallbacks(callbacks)
        nghttp2_option_set_no_auto_window_update(option, 1)
        nghttp2_option_set_no_closed_streams(option, 1)
        nghttp2_option_set_max_outbound_ack(option, options.queuedAcknowledgements)
        nghttp2_option_set_max_settings(option, 32)
        nghttp2_option_set_max_continuations(option, options.continuations)
        // Our own count, which real work earns back, governs; the library's stands behind it.
        nghttp2_option_set_stream_reset_rate_limit(option, UInt64(options.resets) &* 4, UInt64(options.resets))
        nghttp2_option_set_peer_max_concurrent_streams(option, 100)
        var session: OpaquePointer?
        let user = Unmanaged.passUnretained(owner).toOpaque()
        let result =
            isServer
            ? nghttp2_session_server_new2(&session, callbacks, user, option)
            : nghttp2_session_client_new2(&session, callbacks, user, option)
        return result == 0 ? session : nil
    }

    private static func setCallbacks(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, user in
            HTTP2Session.of(user) { $0.onBeginHeaders(frame) }
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, _, name, nameCount, value, valueCount, _, user in
            HTTP2Session.of(user) {
                $0.onHeader(.init(start: name, count: nameCount), .init(start: value, count: valueCount))
            }
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
            HTTP2Session.of(user) { $0.onFrame(frame) }
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, streamID, bytes, count, user in
            HTTP2Session.of(user) { $0.onData(streamID, .init(start: bytes, count: count)) }
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, streamID, errorCode, user in
            HTTP2Session.of(user) { $0.onStreamClose(streamID, errorCode) }
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, _, _, user in
            HTTP2Session.of(user) { $0.onInvalidFrame() }
        }
    }

    /// Ends the session instead of trapping, should a callback ever come without its object.
    private static func of<Result: FixedWidthInteger>(
        _ user: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result
    ) -> Result {
        guard let user else { return Result(truncatingIfNeeded: failure) }
        // The connection holds the session while the library runs, so no callback needs to count a reference.
        return Unmanaged<HTTP2Session>.fromOpaque(user)._withUnsafeGuaranteedRef { body($0) }
    }

    private func submitSettings(_ options: Options) -> Bool {
        func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
            nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(clamping: value))
        }
        var entries = [
            entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, min(options.streamWindowBytes, Int(Int32.max))),
            entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options.headerListBytes),
            entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
        ]
        if isServer {
            // The library ends the whole connection for one stream too many. It is told of no limit; `send` puts the
            // real one on the wire, and the owner refuses the surplus stream by stream.
            entries.append(entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, Int(Int32.max)))
            announcedStreams = options.concurrentStreams
        } else {
            entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
        }
        let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        return nghttp2_submit_settings(session, flags, entries, entries.count) == 0
            && nghttp2_session_set_local_window_size(session, flags, 0, Int32(clamping: options.connectionWindowBytes))
                == 0
    }
}

// MARK: Bytes in and out

extension HTTP2Session {
    /// Feeds received bytes; false once the session is over and no byte may follow.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !isTerminated, let session else { return false }
        let count = nghttp2_session_mem_recv(
            session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        if count < 0 || count != bytes.count { isTerminated = true }
        return !isTerminated
    }

    /// Passes the next bytes to send to `body`; false when there are none for now.
    func send(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        guard let session else { return false }
        var bytes: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(session, &bytes)
        guard count > 0, let bytes else {
            if count < 0 { isTerminated = true }
            return false
        }
        let frame = UnsafeRawBufferPointer(start: bytes, count: count)
        if let streams = announcedStreams {
            announcedStreams = nil
            Self.announcing(streams, in: frame).withUnsafeBytes(body)
        } else {
            body(frame)
        }
        return true
    }

    /// The server's first frame, its SETTINGS, with the real limit of concurrent streams.
    private static func announcing(_ streams: Int, in frame: UnsafeRawBufferPointer) -> [UInt8] {
        var frame = Array(frame)
        guard frame.count >= 9, frame[3] == UInt8(NGHTTP2_SETTINGS.rawValue) else { return frame }
        for entry in stride(from: 9, through: frame.count - 6, by: 6)
        where frame[entry] == 0 && frame[entry + 1] == UInt8(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue) {
            let value = UInt32(clamping: streams)
            for index in 0..<4 { frame[entry + 2 + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index)) }
        }
        return frame
    }

    /// Whether the connection has nothing left to do in either direction.
    var isFinished: Bool {
        guard let session, !isTerminated else { return true }
        return nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }

    /// Whether the library has ended the session and only its GOAWAY is left to send.
    var refusesInput: Bool {
        guard let session, !isTerminated else { return true }
        return nghttp2_session_want_read(session) == 0
    }

    /// Tells the flow control that received bytes were taken.
    func consume(streamID: Int32, count: Int) {
        guard let session, count > 0 else { return }
        nghttp2_session_consume(session, streamID, count)
    }

    /// Opens the connection's window again for bytes of a stream that is gone.
    func consumeConnection(count: Int) {
        guard let session, count > 0 else { return }
        nghttp2_session_consume_connection(session, count)
    }
}

// MARK: Submissions

extension HTTP2Session {
    /// Answers with headers alone (Trailers-Only, and answers that are not gRPC).
    func submitHeaders(streamID: Int32, _ fields: [HTTP2Field]) -> Bool {
        guard let session else { return false }
        return HTTP2Field.withEntries(of: fields) {
            nghttp2_submit_response(session, streamID, $0.baseAddress, $0.count, nil)
        } == 0
    }

    /// Answers with headers; the body comes from the owner's `produce`.
    func submitResponse(streamID: Int32, slot: Int, _ fields: [HTTP2Field]) -> Bool {
        guard let session else { return false }
        var provider = Self.provider(slot: slot)
        return HTTP2Field.withEntries(of: fields) {
            nghttp2_submit_response(session, streamID, $0.baseAddress, $0.count, &provider)
        }
            == 0
    }

    /// Opens a stream with a body from the owner's `produce`; `nil` if the peer takes no more streams.
    func submitRequest(slot: Int, _ fields: [HTTP2Field]) -> Int32? {
        guard let session else { return nil }
        var provider = Self.provider(slot: slot)
        let streamID = HTTP2Field.withEntries(of: fields) {
            nghttp2_submit_request(session, nil, $0.baseAddress, $0.count, &provider, Self.pointer(slot))
        }
        return streamID > 0 ? streamID : nil
    }

    /// Allowed inside `produce`, before it returns `lastBytesBeforeTrailers`.
    func submitTrailers(streamID: Int32, _ fields: [HTTP2Field]) -> Bool {
        guard let session else { return false }
        return HTTP2Field.withEntries(of: fields) {
            nghttp2_submit_trailer(session, streamID, $0.baseAddress, $0.count)
        } == 0
    }

    func resume(streamID: Int32) {
        guard let session else { return }
        nghttp2_session_resume_data(session, streamID)
    }

    func reset(streamID: Int32, errorCode: HTTP2ErrorCode) {
        guard let session else { return }
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), streamID, errorCode.rawValue)
    }

    /// Announces that streams will soon be refused, and asks for a sign that the peer has heard it.
    func submitShutdownNotice() {
        guard let session else { return }
        nghttp2_submit_shutdown_notice(session)
        nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    /// Refuses streams newer than the last one seen; open ones go on.
    func submitGoAway() {
        guard let session else { return }
        let last = nghttp2_session_get_last_proc_stream_id(session)
        nghttp2_submit_goaway(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, HTTP2ErrorCode.noError.rawValue, nil, 0)
    }

    /// Ends the session with a GOAWAY; what follows is `send` and closing, never `receive`.
    func terminate(_ errorCode: HTTP2ErrorCode) {
        guard let session, !isTerminated else { return }
        nghttp2_session_terminate_session(session, errorCode.rawValue)
        isTerminated = true
    }

    private static func provider(slot: Int) -> nghttp2_data_provider {
        nghttp2_data_provider(source: nghttp2_data_source(fd: Int32(truncatingIfNeeded: slot))) {
            _, streamID, space, count, flags, source, user in
            HTTP2Session.of(user) { $0.onProduce(streamID, .init(start: space, count: count), flags, source) }
        }
    }
}

// MARK: Callbacks

extension HTTP2Session {
    private static let failure = Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    private static let streamFailure = Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)

    /// A slot as user data: never zero, and never followed as a pointer.
    private static func pointer(_ slot: Int) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: slot + 1)
    }

    private func slot(of streamID: Int32) -> Int? {
        guard let session, let pointer = nghttp2_session_get_stream_user_data(session, streamID) else { return nil }
        return Int(bitPattern: pointer) - 1
    }

    fileprivate func onBeginHeaders(_ frame: UnsafePointer<nghttp2_frame>?) -> Int32 {
        guard let owner, let frame else { return Self.failure }
        let streamID = frame.pointee.hd.stream_id
        let category = frame.pointee.headers.cat
        let isOpening = category == NGHTTP2_HCAT_REQUEST || category == NGHTTP2_HCAT_RESPONSE
        let known = category == NGHTTP2_HCAT_REQUEST ? nil : slot(of: streamID)
        headerSlot = owner.headersBegan(streamID: streamID, isOpening: isOpening, slot: known)
        guard category == NGHTTP2_HCAT_REQUEST else { return 0 }
        guard let headerSlot else { return Self.streamFailure }
        nghttp2_session_set_stream_user_data(session, streamID, Self.pointer(headerSlot))
        return 0
    }

    fileprivate func onHeader(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Int32 {
        guard let owner else { return Self.failure }
        guard let headerSlot else { return 0 }
        return owner.header(slot: headerSlot, name: name, value: value) ? 0 : Self.streamFailure
    }

    fileprivate func onFrame(_ frame: UnsafePointer<nghttp2_frame>?) -> Int32 {
        guard let owner, let frame else { return Self.failure }
        let header = frame.pointee.hd
        let endOfStream = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch nghttp2_frame_type(UInt32(header.type)) {
        case NGHTTP2_HEADERS:
            if let slot = headerSlot {
                owner.headersEnded(slot: slot, streamID: header.stream_id, endOfStream: endOfStream)
            }
            headerSlot = nil
        case NGHTTP2_DATA:
            if endOfStream, let slot = slot(of: header.stream_id) {
                owner.dataEnded(slot: slot, streamID: header.stream_id)
            }
        case NGHTTP2_PING:
            if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { owner.pingAcknowledged() }
        case NGHTTP2_GOAWAY:
            owner.goAwayReceived(lastStreamID: frame.pointee.goaway.last_stream_id)
        default: break
        }
        return 0
    }

    fileprivate func onData(_ streamID: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard let owner else { return Self.failure }
        owner.data(slot: slot(of: streamID), streamID: streamID, bytes: bytes)
        return 0
    }

    fileprivate func onStreamClose(_ streamID: Int32, _ errorCode: UInt32) -> Int32 {
        guard let owner else { return Self.failure }
        guard let slot = slot(of: streamID) else { return 0 }
        if headerSlot == slot { headerSlot = nil }
        owner.streamClosed(slot: slot, streamID: streamID, errorCode: errorCode)
        return 0
    }

    fileprivate func onInvalidFrame() -> Int32 {
        owner?.invalidFrame()
        return 0
    }

    fileprivate func onProduce(
        _ streamID: Int32, _ space: UnsafeMutableRawBufferPointer, _ flags: UnsafeMutablePointer<UInt32>?,
        _ source: UnsafeMutablePointer<nghttp2_data_source>?
    ) -> Int {
        guard let owner, let flags, let source else { return Int(Self.failure) }
        switch owner.produce(slot: Int(source.pointee.fd), streamID: streamID, into: space) {
        case .bytes(let count): return count
        case .later: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        case .lastBytes(let count):
            flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            return count
        case .lastBytesBeforeTrailers(let count):
            flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            return count
        case .failed: return Int(Self.streamFailure)
        }
    }
}
