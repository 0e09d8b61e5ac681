// SPDX-License-Identifier: Apache-2.0

/// How the report looks: one column, quiet, for screen and paper.
enum ReportStyle {
    static let css = """

        :root { --ink: #1b2330; --soft: #5b6675; --line: #d8dde4; --faint: #f4f6f8; --red: #b3261e; --blue: #33597f;
          --pale: #9db4cb; --dark: #3c4450; }
        * { box-sizing: border-box; }
        html { font-size: 15px; }
        body { margin: 0 auto; max-width: 1080px; padding: 48px 40px 64px; color: var(--ink); background: #fff;
          font: 1rem/1.5 "Inter", "Segoe UI", "Helvetica Neue", "Noto Sans", Arial, sans-serif;
          font-variant-numeric: tabular-nums; }
        header { border-bottom: 2px solid var(--ink); padding-bottom: 24px; margin-bottom: 28px; }
        .kind { margin: 0; color: var(--soft); letter-spacing: .04em; }
        h1 { font-size: 2.1rem; line-height: 1.2; font-weight: 600; margin: 4px 0 6px; overflow-wrap: anywhere; }
        .period { margin: 0 0 26px; font-size: 1.1rem; } .period span { color: var(--soft); font-size: .93rem; }
        .figures { display: flex; flex-wrap: wrap; gap: 14px 56px; margin: 0; }
        .figures dt { color: var(--soft); font-size: .87rem; } .figures dd { margin: 0; font-size: 1.55rem; font-weight: 600; }
        nav ol { columns: 2; column-gap: 48px; margin: 0 0 12px; padding: 0 0 0 1.8em; }
        nav li { padding: 2px 0; break-inside: avoid; } nav li::marker { color: var(--soft); }
        a { color: var(--blue); text-decoration: none; } a:hover { text-decoration: underline; }
        .mark { color: #fff; background: var(--red); border-radius: 9px; padding: 1px 7px; font-size: .78rem; }
        section { padding-top: 12px; }
        h2 { font-size: 1.4rem; font-weight: 600; margin: 30px 0 10px; padding-top: 14px; border-top: 1px solid var(--line); }
        h2 span { color: var(--soft); font-weight: 400; margin-right: 6px; }
        h3 { font-size: 1.02rem; font-weight: 600; margin: 24px 0 6px; }
        p { margin: 0 0 10px; max-width: 76ch; }
        .none { color: var(--soft); margin: 2px 0 0; }
        .note { color: var(--soft); font-size: .8rem; margin: 6px 0 0; max-width: none; }
        code { font: .92em/1.4 "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
        table { width: 100%; border-collapse: collapse; font-size: .87rem; line-height: 1.4; }
        th { text-align: left; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--dark); padding: 5px 14px 5px 0;
          vertical-align: bottom; }
        td { border-bottom: 1px solid var(--line); padding: 5px 14px 5px 0; vertical-align: top; overflow-wrap: break-word; }
        td.w { overflow-wrap: anywhere; } td.time { white-space: nowrap; }
        td span { white-space: nowrap; } td.id, td.hash, td.id span { font-family: "JetBrains Mono", "DejaVu Sans Mono", Menlo,
          Consolas, monospace; font-size: .92em; }
        .t-sample td:last-child { min-width: 11em; } .t-sample td.time { white-space: normal; }
        th:last-child, td:last-child { padding-right: 0; }
        .n { text-align: right; white-space: nowrap; width: 6.5em; }
        td.red, dd.red { color: var(--red); font-weight: 600; }
        figure { margin: 14px 0 6px; } svg { width: 100%; height: auto; display: block; }
        svg line { stroke: var(--line); } svg text { font-size: 11px; fill: var(--soft); }
        svg .y { text-anchor: end; } svg .x { text-anchor: middle; }
        .allowed { fill: var(--pale); background: var(--pale); } .denied { fill: var(--blue); background: var(--blue); }
        .failed { fill: var(--dark); background: var(--dark); }
        figcaption { color: var(--soft); font-size: .8rem; } figcaption span { display: inline-block; width: 10px; height: 10px;
          margin: 0 5px 0 10px; }
        footer { margin-top: 44px; border-top: 1px solid var(--line); padding-top: 12px; color: var(--soft); font-size: .8rem; }
        footer p { max-width: none; }
        @media (max-width: 700px) { body { padding: 24px 18px; } nav ol { columns: 1; } table { display: block;
          overflow-x: auto; } }
        @page { size: A4; margin: 18mm 15mm 18mm; @bottom-right { content: counter(page) " / " counter(pages);
          font: 8pt sans-serif; color: #5b6675; } @bottom-left { content: "Countersign evidence report";
          font: 8pt sans-serif; color: #5b6675; } }
        @media print { html { font-size: 9.5pt; } body { max-width: none; padding: 0; }
          header { padding-top: 12mm; } nav { break-after: page; } a { color: inherit; }
          h2, h3 { break-after: avoid; } h2 { border-top: 0; } thead { display: table-header-group; }
          tr, figure { break-inside: avoid; } p { break-inside: avoid; } .note { break-before: avoid; }
          p:not(.note, .none):has(+ h3, + p, + figure) { break-after: avoid; } thead, thead + tbody tr:first-child,
          tbody tr:nth-last-child(2) { break-after: avoid; } .t-sample { font-size: .8rem; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }

        """
}
