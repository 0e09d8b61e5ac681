// SPDX-License-Identifier: Apache-2.0

/// What an HTTP/2 session tells the connection that owns it.
///
/// All of it is called while the library is in the middle of its work: an owner notes what happened and must neither
/// feed nor drain nor close the session before the call that it made itself has returned. Buffers are valid for the
/// call only. A slot is the number that the owner gave the stream; `nil` when it has none (any more).
protocol HTTP2SessionOwner: AnyObject {
    /// Headers begin on a stream; `isOpening` for a request's (server) or a response's (client) first ones.
    /// Returns the stream's slot, or `nil` to ignore its headers.
    func headersBegan(streamID: Int32, isOpening: Bool, slot: Int?) -> Int?
    /// Returns false to have the stream reset.
    func header(slot: Int, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Bool
    func headersEnded(slot: Int, streamID: Int32, endOfStream: Bool)
    func data(slot: Int?, streamID: Int32, bytes: UnsafeRawBufferPointer)
    /// The peer ended its side with a DATA frame.
    func dataEnded(slot: Int, streamID: Int32)
    func streamClosed(slot: Int, streamID: Int32, errorCode: UInt32)
    /// Fills a DATA frame.
    func produce(slot: Int, streamID: Int32, into space: UnsafeMutableRawBufferPointer) -> HTTP2Production
    func pingAcknowledged()
    func goAwayReceived(lastStreamID: Int32)
    func invalidFrame()
}

/// What an owner put into a DATA frame.
enum HTTP2Production {
    case bytes(Int)
    /// Nothing now: the stream waits for `resume`.
    case later
    /// The last bytes, and the stream's end with them.
    case lastBytes(Int)
    /// The last bytes; the trailers were submitted.
    case lastBytesBeforeTrailers(Int)
    /// The stream is gone or broken: reset it.
    case failed
}
