// SPDX-License-Identifier: Apache-2.0

extension Universe {
    /// The plain form of a run-time record.
    func record(_ storage: RecordStorage) -> Record {
        Record(
            storage.members.map { (names.texts[Int($0.name)], value($0.value)) }
                + storage.foreign.map { ($0.key.text, value($0.value)) })
    }

    /// The plain form of a run-time value.
    func value(_ value: RuntimeValue) -> Value {
        switch value {
        case .bool(let value): .bool(value)
        case .long(let value): .long(value)
        case .string(let value): .string(value)
        case .entity(let number): .entity(uids[Int(number)])
        case .foreign(let uid): .entity(uid.uid)
        case .set(let storage): .set(storage.elements.map(self.value))
        case .record(let storage): .record(record(storage))
        case .decimal(let value): .decimal(DecimalValue(tenThousandths: value))
        case .datetime(let value): .datetime(DatetimeValue(milliseconds: value))
        case .duration(let value): .duration(DurationValue(milliseconds: value))
        case .ip(let box): .ip(box.value)
        }
    }
}
