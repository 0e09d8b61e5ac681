// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Telemetry
import Testing

@Suite("Prometheus text format, version 0.0.4")
struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry(help: ["calls_total": "Calls."])

    @Test("counters add up by labels, and label values are escaped")
    func counters() {
        let counter = Counter(label: "calls_total", dimensions: [("name", "a\"b\\c\nd")], factory: registry)
        counter.increment()
        counter.increment(by: 2)
        Counter(label: "calls_total", dimensions: [("name", "other")], factory: registry).increment()
        #expect(
            registry.text() == """
                # HELP calls_total Calls.
                # TYPE calls_total counter
                calls_total{name="a\\"b\\\\c\\nd"} 3
                calls_total{name="other"} 1

                """
        )
    }

    @Test("a timer is a histogram in seconds whose buckets begin at 50 microseconds and count upward")
    func timers() {
        let timer = Timer(label: "latency_seconds", factory: registry)
        timer.recordNanoseconds(40_000)
        timer.recordNanoseconds(60_000)
        timer.recordNanoseconds(20_000_000_000)
        let lines = registry.text().split(separator: "\n")
        #expect(lines.contains("latency_seconds_bucket{le=\"5e-05\"} 1"))
        #expect(lines.contains("latency_seconds_bucket{le=\"0.0001\"} 2"))
        #expect(lines.contains("latency_seconds_bucket{le=\"10\"} 2"))
        #expect(lines.contains("latency_seconds_bucket{le=\"+Inf\"} 3"))
        #expect(lines.contains("latency_seconds_count 3"))
    }

    @Test("collectors are read at the time of the scrape")
    func collectors() {
        registry.collect { $0.gauge("age_seconds", [(labels: [("issuer", "a")], value: 1.5)]) }
        #expect(registry.text().contains("# TYPE age_seconds gauge\nage_seconds{issuer=\"a\"} 1.5\n"))
    }
}
