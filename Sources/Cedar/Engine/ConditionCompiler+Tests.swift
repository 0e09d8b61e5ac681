// SPDX-License-Identifier: Apache-2.0

extension ConditionCompiler {
    /// Compiles an expression that is asked for its truth.
    ///
    /// `free` is the first register that the expression may write.
    mutating func test(_ expression: Expression, yes: Label, no: Label, _ free: Int) {
        switch expression.kind {
        case .literal(.bool(let value)): emit(.jump, yes: value ? yes : no)
        case .and(let operands): chain(operands, stop: no, done: yes, stopsAtTrue: false, free)
        case .or(let operands): chain(operands, stop: yes, done: no, stopsAtTrue: true, free)
        case .not(let inner): test(inner, yes: no, no: yes, free)
        case .conditional: branches(expression, yes: yes, no: no, free)
        case .comparison(let comparison, let left, let right):
            let (left, right) = operands(left, right, free)
            compare(comparison, left, right, yes: yes, no: no)
        case .isType(let inner, let type, in: let ancestor):
            isType(inner, type, ancestor, yes: yes, no: no, free)
        case .has(let inner, let path): has(inner, path, yes: yes, no: no, free)
        case .like(let inner, let pattern):
            let inner = operand(inner, free)
            emit(.like, inner, Int32(truncatingIfNeeded: tables.patterns.count), yes: yes, no: no)
            tables.patterns.append(pattern)
        case .method(let method, let receiver, let argument) where method != .getTag || argument == nil:
            call(method, receiver, argument, yes: yes, no: no, free)
        case .literal, .variable, .slot, .arithmetic, .negate, .attribute, .method, .call, .set, .record:
            let value = operand(expression, free)
            emit(.isTrue, value, yes: yes, no: no)
        }
    }

    private mutating func chain(
        _ operands: [Expression], stop: Label, done: Label, stopsAtTrue: Bool, _ free: Int
    ) {
        for (index, operand) in operands.enumerated() {
            let isLast = index == operands.count - 1
            let next = isLast ? done : label()
            test(operand, yes: stopsAtTrue ? stop : next, no: stopsAtTrue ? next : stop, free)
            if !isLast { place(next) }
        }
        if operands.isEmpty { emit(.jump, yes: done) }
    }

    /// `else if` goes on in the loop: a long list of cases is no nesting.
    private mutating func branches(_ expression: Expression, yes: Label, no: Label, _ free: Int) {
        var rest = expression
        while case .conditional(let condition, let then, let otherwise) = rest.kind {
            let (first, second) = (label(), label())
            test(condition, yes: first, no: second, free)
            place(first)
            test(then, yes: yes, no: no, free)
            place(second)
            rest = otherwise
        }
        test(rest, yes: yes, no: no, free)
    }

    private mutating func compare(
        _ comparison: Expression.Comparison, _ left: Int32, _ right: Int32, yes: Label, no: Label
    ) {
        switch comparison {
        case .equal: emit(.equal, left, right, yes: yes, no: no)
        case .notEqual: emit(.equal, left, right, yes: no, no: yes)
        case .less: emit(.less, left, right, yes: yes, no: no)
        case .lessOrEqual: emit(.lessOrEqual, left, right, yes: yes, no: no)
        case .greater: emit(.greater, left, right, yes: yes, no: no)
        case .greaterOrEqual: emit(.greaterOrEqual, left, right, yes: yes, no: no)
        case .isIn: isIn(left, right, yes: yes, no: no)
        }
    }

    private mutating func isIn(_ left: Int32, _ right: Int32, yes: Label, no: Label) {
        if case .entity(let number) = constant(of: right) {
            emit(.isInKnown, left, number, yes: yes, no: no)
        } else {
            emit(.isIn, left, right, yes: yes, no: no)
        }
    }

    private mutating func isType(
        _ inner: Expression, _ type: EntityTypeName, _ ancestor: Expression?, yes: Label, no: Label, _ free: Int
    ) {
        let value = operand(inner, free)
        let number = universe.types.find(type.text) ?? -1
        guard let ancestor else {
            emit(.isType, value, number, yes: yes, no: no)
            return
        }
        let next = label()
        emit(.isType, value, number, yes: next, no: no)
        place(next)
        isIn(value, operand(ancestor, following(value, free)), yes: yes, no: no)
    }

    private mutating func has(
        _ inner: Expression, _ path: [Expression.Name], yes: Label, no: Label, _ free: Int
    ) {
        var value = operand(inner, free)
        for (index, name) in path.enumerated() {
            let number = self.name(name.text)
            guard index < path.count - 1 else {
                emit(.has, value, number, yes: yes, no: no)
                return
            }
            let next = label()
            emit(.has, value, number, yes: next, no: no)
            place(next)
            emit(.attribute, into: claim(free), value, number)
            value = Int32(truncatingIfNeeded: free)
        }
        emit(.jump, yes: yes)
    }

    private mutating func call(
        _ method: Expression.Method, _ receiver: Expression, _ argument: Expression?, yes: Label, no: Label,
        _ free: Int
    ) {
        guard let argument else {
            let value = operand(receiver, free)
            emit(.isEmpty, value, yes: yes, no: no)
            return
        }
        let (left, right) = operands(receiver, argument, free)
        switch method {
        case .contains: emit(.contains, left, right, yes: yes, no: no)
        case .containsAll: emit(.containsAll, left, right, yes: yes, no: no)
        case .containsAny: emit(.containsAny, left, right, yes: yes, no: no)
        case .isEmpty: emit(.isEmpty, left, yes: yes, no: no)
        case .hasTag: emit(.hasTag, left, right, yes: yes, no: no)
        case .getTag: emit(.tag, into: claim(free), left, right)
        }
    }
}
