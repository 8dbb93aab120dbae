#include "report/page_parts.h"

namespace headscope {

const char* const kReportStyle = R"css(
:root { color-scheme: light dark; --bg: #fff; --panel: #f4f6f8; --text: #1a1f26; --muted: #55606e;
  --line: #d5dae1; --accent: #0b57d0; --mark: 31 111 180; --pin: #ffe9a8;
  --positional: #2f0faf; --lexical: #1ea381; --delimiter: #a3380c; --diffuse: #5c678c; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171c; --panel: #1c2127; --text: #e8ecf1;
  --muted: #a7b1be; --line: #343c46; --accent: #8ab4f8; --mark: 111 177 238; --pin: #473a10;
  --positional: #8d8df2; --lexical: #2ebaa1; --delimiter: #e28a25; --diffuse: #b7e1ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text);
  font: 16px/1.5 system-ui, "Liberation Sans", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 20px; margin: 40px 0 12px; }
h3 { font-size: 16px; margin: 24px 0 8px; }
a { color: var(--accent); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
.muted { color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }
.facts span { margin-right: 20px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; white-space: nowrap; }
.numbers td:nth-child(n+2):not(:last-child), .numbers th:nth-child(n+2):not(:last-child) {
  text-align: right; }
.settings { border: 0; padding: 0; } .settings summary { color: var(--muted); font-size: 14px; }
.settings code { font-size: 13px; overflow-wrap: anywhere; }
td.wide { white-space: normal; }
th { color: var(--muted); font-weight: 600; }
svg { display: block; max-width: 100%; height: auto; }
svg text { fill: var(--text); font: 12px system-ui, "Liberation Sans", Arial, sans-serif; }
svg .small { font-size: 9px; }
svg .axis { fill: var(--muted); }
.positional { color: var(--positional); } .lexical { color: var(--lexical); }
.delimiter { color: var(--delimiter); } .diffuse { color: var(--diffuse); } .mixed { color: var(--muted); }
.cell { fill: currentColor; } a:focus-visible .frame, a:hover .frame { stroke: var(--text); }
.frame { fill: none; stroke: var(--line); }
.dot { fill: currentColor; }
.bar { fill: currentColor; }
.legend span { margin-right: 16px; white-space: nowrap; }
details { border-top: 1px solid var(--line); padding: 8px 0; }
summary { cursor: pointer; padding: 4px 0; }
summary b { display: inline-block; min-width: 64px; }
.columns { display: flex; flex-wrap: wrap; gap: 8px 48px; }
.text { margin: 6px 0; line-height: 2; }
.text span { padding: 2px 3px; border-radius: 3px; margin: 0 1px; }
.text .query { background: var(--pin); outline: 1px solid var(--muted); }
.text small { color: var(--muted); font-size: 12px; margin-left: 8px; }
.few { color: var(--muted); }
.w1 { background: rgb(var(--mark) / .06); } .w2 { background: rgb(var(--mark) / .14); }
.w3 { background: rgb(var(--mark) / .24); } .w4 { background: rgb(var(--mark) / .36); }
.w5 { background: rgb(var(--mark) / .5); } .w6 { background: rgb(var(--mark) / .66); }
@media print { details { break-inside: avoid; } }
)css";

}  // namespace headscope
