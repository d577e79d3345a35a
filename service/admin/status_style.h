// How /statusz looks.
#pragma once

namespace gw::admin {

inline constexpr char kStatusStyle[] = R"css(
:root{color-scheme:light dark;
--ground:#f6f7f9;--card:#fff;--text:#16191f;--quiet:#565d6b;--line:#dcdfe5;
--good:#1a7f37;--bad:#b91c1c;--warn:#8a5a00;--well:#7a9cc6;--refused:#d99a1c;--failed:#cf2e2e;
--p50:#4a6fa5;--p99:#b7c9e2;--good-ground:#e7f5ea;--bad-ground:#fdebeb;--warn-ground:#fdf3dc}
@media (prefers-color-scheme:dark){:root{
--ground:#14161a;--card:#1d2026;--text:#e6e8ec;--quiet:#a2a9b6;--line:#343943;
--good:#5fd07e;--bad:#ff8080;--warn:#f0bd5c;--well:#5b7fae;--refused:#d99a1c;--failed:#f05a5a;
--p50:#7fa6dd;--p99:#3d5272;--good-ground:#16301e;--bad-ground:#3b1919;--warn-ground:#372a10}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
header,main{max-width:76rem;margin:0 auto;padding:1rem}
h1{font-size:1rem;margin:0;color:var(--quiet);font-weight:600}
h2{font-size:1.05rem;margin:0 0 .6rem}
h3{font-size:.85rem;margin:.9rem 0 .2rem;color:var(--quiet);font-weight:600}
p{margin:.25rem 0}
a{color:inherit}
.verdict{font-size:1.35rem;font-weight:650;margin:.2rem 0 .4rem;overflow-wrap:anywhere}
.quiet{color:var(--quiet)}
main{columns:23rem;column-gap:1rem;padding-top:0}
section{break-inside:avoid;margin-bottom:1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.9rem 1rem;
min-width:0}
.wide{column-span:all}
section.wide:last-child{margin-top:1rem}
.alarm{border-color:var(--bad);border-left-width:.35rem}
.state{border-left:.4rem solid var(--line);padding-left:.8rem}
.state.good{border-color:var(--good)}.state.bad{border-color:var(--bad)}
.state.warn{border-color:var(--warn)}
.tag{display:inline-block;padding:0 .45rem;border-radius:.3rem;font-size:.85rem;font-weight:600;
overflow-wrap:anywhere}
.tag.good{color:var(--good);background:var(--good-ground)}
.tag.bad{color:var(--bad);background:var(--bad-ground)}
.tag.warn{color:var(--warn);background:var(--warn-ground)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);
vertical-align:top}
th{font-weight:500;color:var(--quiet)}
tr:last-child>*{border-bottom:0}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.name{overflow-wrap:anywhere;min-width:7.5rem}
th,td{padding-right:.45rem}th:last-child,td:last-child{padding-right:0}
svg{display:block;width:100%;height:3.6rem}
.base{stroke:var(--line)}
.well{fill:var(--well)}.refused{fill:var(--refused)}.failed{fill:var(--failed)}
.p50{fill:var(--p50)}.p99{fill:var(--p99)}
.key{display:inline-block;width:.7em;height:.7em;border-radius:.15em;margin-right:.3em}
.key.well{background:var(--well)}.key.refused{background:var(--refused)}
.key.failed{background:var(--failed)}.key.p50{background:var(--p50)}.key.p99{background:var(--p99)}
.legend{font-size:.85rem;color:var(--quiet);display:flex;flex-wrap:wrap;gap:.1rem .9rem}
.axis{display:flex;justify-content:space-between;font-size:.75rem;color:var(--quiet)}
pre{margin:.5rem 0 0;overflow-x:auto;font:13px/1.5 ui-monospace,"Liberation Mono",monospace}
code{font-family:ui-monospace,"Liberation Mono",monospace;font-size:.92em}
summary{cursor:pointer;font-weight:600}
)css";

}  // namespace gw::admin
