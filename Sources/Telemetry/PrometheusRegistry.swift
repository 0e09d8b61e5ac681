// SPDX-License-Identifier: Apache-2.0

package import CoreMetrics
import Synchronization

/// Keeps the metrics of the process and shows them in Prometheus' text format (version 0.0.4).
///
/// Metrics are made through `swift-metrics`, once, and their handlers are kept where they are used. Values that exist
/// anyway (queue lengths, ages) are read at the time of the scrape by collectors.
package final class PrometheusRegistry: MetricsFactory {
    /// Upper bounds in seconds of the buckets of every timer: 50 microseconds to 10 seconds.
    package static let timerBuckets: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private let families = Mutex<[String: Family]>([:])
    private let collectors = Mutex<[@Sendable (inout PrometheusText) -> Void]>([])
    private let help: [String: String]

    /// - Parameter help: One sentence for each metric name.
    package init(help: [String: String]) { self.help = help }

    /// Adds values that are read when somebody scrapes.
    package func collect(_ collector: @escaping @Sendable (inout PrometheusText) -> Void) {
        collectors.withLock { $0.append(collector) }
    }

    /// The text of a scrape: families by name, then what the collectors add.
    package func text() -> String {
        var text = PrometheusText(help: help)
        for (name, family) in families.withLock({ $0.sorted { $0.key < $1.key } }) { family.write(name, to: &text) }
        for collector in collectors.withLock({ $0 }) { collector(&text) }
        return text.text
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, make: { .counter(CounterSeries()) }).asCounter
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, make: { .gauge(GaugeSeries()) }).asGauge
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, make: { .histogram(HistogramSeries()) }).asHistogram
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func series(_ name: String, _ dimensions: [(String, String)], make: () -> Series) -> Series {
        let labels = PrometheusText.labels(dimensions)
        return families.withLock { families in
            if let found = families[name]?.series[labels] { return found }
            let new = make()
            families[name, default: Family()].series[labels] = new
            return new
        }
    }
}

/// The series of one name, by their labels as they are printed.
private struct Family {
    var series: [String: Series] = [:]

    func write(_ name: String, to text: inout PrometheusText) {
        guard let first = series.values.first else { return }
        text.begin(name, first.type)
        for (labels, series) in series.sorted(by: { $0.key < $1.key }) {
            switch series {
            case .counter(let counter): text.sample(name, labels, counter.text)
            case .gauge(let gauge): text.sample(name, labels, gauge.text)
            case .histogram(let histogram): histogram.write(name, labels, to: &text)
            }
        }
    }
}

private enum Series {
    case counter(CounterSeries)
    case gauge(GaugeSeries)
    case histogram(HistogramSeries)

    var type: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    /// The counter, or one that nobody sees if the name was first used for something else.
    var asCounter: CounterSeries { if case .counter(let series) = self { series } else { CounterSeries() } }
    var asGauge: GaugeSeries { if case .gauge(let series) = self { series } else { GaugeSeries() } }
    var asHistogram: HistogramSeries { if case .histogram(let series) = self { series } else { HistogramSeries() } }
}

private final class CounterSeries: CounterHandler {
    private let value = Atomic<Int64>(0)

    var text: String { String(value.load(ordering: .relaxed)) }
    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }
}

private final class GaugeSeries: RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    var text: String { PrometheusText.number(Double(bitPattern: bits.load(ordering: .relaxed))) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
}

private final class HistogramSeries: TimerHandler {
    private struct State {
        var buckets = [UInt64](repeating: 0, count: PrometheusRegistry.timerBuckets.count + 1)
        var nanoseconds: UInt64 = 0
    }

    private static let boundsInNanoseconds = PrometheusRegistry.timerBuckets.map { Int64($0 * 1e9) }
    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) {
        let bounds = Self.boundsInNanoseconds
        let bucket = bounds.firstIndex { duration <= $0 } ?? bounds.count
        state.withLock { state in
            state.buckets[bucket] &+= 1
            state.nanoseconds &+= UInt64(clamping: duration)
        }
    }

    func write(_ name: String, _ labels: String, to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        var total: UInt64 = 0
        for (index, count) in state.buckets.enumerated() {
            total += count
            let bounds = PrometheusRegistry.timerBuckets
            let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
            text.sample("\(name)_bucket", labels + (labels.isEmpty ? "" : ",") + "le=\"\(bound)\"", String(total))
        }
        text.sample("\(name)_sum", labels, PrometheusText.number(Double(state.nanoseconds) / 1e9))
        text.sample("\(name)_count", labels, String(total))
    }
}
