// SPDX-License-Identifier: Apache-2.0

/// Texts with the layout that they get.
enum FormatterTable {
    static let layouts: [(String, String)] = [
        ("", ""),
        ("// only", "// only\n"),
        ("permit(principal,action,resource);", "permit (principal, action, resource);\n"),
        (
            "permit(principal,action,resource,)when{principal.b==1}unless{[1,].contains(2,)};forbid(principal,action,resource);",
            """
            permit (principal, action, resource)
            when { principal.b == 1 }
            unless { [1].contains(2) };

            forbid (principal, action, resource);

            """
        ),
        (
            #"@id("x")@b permit(principal is A::B in ?principal,action in [Action::"a",],resource==(B::"x"));"#,
            """
            @id("x")
            @b
            permit (
              principal is A::B in ?principal,
              action in [Action::"a"],
              resource == (B::"x")
            );

            """
        ),
        (
            "permit(principal,action,resource) when {principal.aaaaaaaaaaaaaaaaaaaaaaaaa==1&&(principal.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb||principal.cccccccccccccccccccccccccccccc)||{a:1,\"b\":[]}.a==-2};",
            """
            permit (principal, action, resource)
            when
            {
              principal.aaaaaaaaaaaaaaaaaaaaaaaaa == 1 &&
              (principal.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ||
               principal.cccccccccccccccccccccccccccccc) ||
              { a: 1, "b": [] }.a == -2
            };

            """
        ),
        (
            "permit(principal,action,resource) when {if principal.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa then principal.bbbbbbbbbbbbbbbbbbbbbbbb.c.d.contains(principal.eeeeeeeeeeeeeeeeeeeeeeeeeeee) else [principal.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, principal.bbbbbbbbbbbbbbbbbbbbbbbbbbbbb]};",
            """
            permit (principal, action, resource)
            when
            {
              if
                principal.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
              then
                principal.bbbbbbbbbbbbbbbbbbbbbbbb
                  .c
                  .d
                  .contains
                  (
                    principal.eeeeeeeeeeeeeeeeeeeeeeeeeeee
                  )
              else
                [principal.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
                 principal.bbbbbbbbbbbbbbbbbbbbbbbbbbbbb]
            };

            """
        ),
        (
            """
            // top

            @id("x") // id
            permit( // open
            principal, // p

            // a
            action,
            resource)
            // before when
            when { principal.a // a
            && // and
              principal.b };   // semi


            // next
            permit(principal,action,resource);
            // end
            """,
            """
            // top
            @id("x") // id
            permit ( // open
              principal, // p
              // a
              action,
              resource
            )
            // before when
            when
            {
              principal.a // a
              && // and
              principal.b
            }; // semi

            // next
            permit (principal, action, resource);
            // end

            """
        ),
        (
            "permit(principal,action,resource) when { [1, // one\n2, // two\n] == [] };",
            """
            permit (principal, action, resource)
            when
            {
              [1, // one
               2 // two
              ] == []
            };

            """
        ),
        (
            #"permit(principal,action,resource is Tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt in T::"x") when {principal.aaaaaaaaaaaaaaaaaaaaaaaaaa is T in (if context.b then context.cccccccccccccccccccccccccccccccc else context.ddddddddddddd)} unless {{a: [1], b: -context.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.c}["a b"].aaaaaaaaaaaaaaaaaaaaaaaaaaa has b};"#,
            """
            permit (
              principal,
              action,
              resource is
                Tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt
              in
                T::"x"
            )
            when
            {
              principal.aaaaaaaaaaaaaaaaaaaaaaaaaa is T
              in (if
                   context.b
                 then
                   context.cccccccccccccccccccccccccccccccc
                 else
                   context.ddddddddddddd)
            }
            unless
            {
              { a: [1], b: -context.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.c }["a b"]
                .aaaaaaaaaaaaaaaaaaaaaaaaaaa
              has
              b
            };

            """
        ),
    ]
}
