// SPDX-License-Identifier: Apache-2.0

/// The conditions of all policies, ready to run.
///
/// `@unchecked Sendable`: what the pointers lead to is written by `init` alone and freed by `deinit`; there is no lock
/// because nothing changes in between.
final class CompiledProgram: @unchecked Sendable {
    let instructions: UnsafePointer<Instruction>
    let constants: UnsafePointer<RuntimeValue>
    let tables: ProgramTables
    private let instructionCount: Int

    init(instructions: [Instruction], tables: ProgramTables) {
        self.tables = tables
        instructionCount = instructions.count
        let code = UnsafeMutablePointer<Instruction>.allocate(capacity: max(1, instructions.count))
        for (index, instruction) in instructions.enumerated() { (code + index).initialize(to: instruction) }
        self.instructions = UnsafePointer(code)
        let values = UnsafeMutablePointer<RuntimeValue>.allocate(capacity: max(1, tables.constants.count))
        for (index, value) in tables.constants.enumerated() { (values + index).initialize(to: value) }
        constants = UnsafePointer(values)
    }

    deinit {
        UnsafeMutablePointer(mutating: constants).deinitialize(count: tables.constants.count)
        constants.deallocate()
        instructions.deallocate()
    }
}
