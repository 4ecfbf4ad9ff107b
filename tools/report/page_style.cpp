#include "tools/report/page_style.h"

namespace palimpsest::tools {

namespace {

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;
--paper:#faf8f3;--ink:#25221d;--soft:#6d675c;--rule:#e0dacd;--sheet:#fffefb;--accent:#8b4a1f;
--good:#2f6b4f;--bad:#a3341f;
--c0:#1f5f8b;--c1:#b5541c;--c2:#3d7a4e;--c3:#8a3b76;--c4:#8a7416;--c5:#4b4fa6;--c6:#a33b4a;--c7:#3b7d82;
--serif:"Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",Charter,Georgia,"DejaVu Serif",serif;
--sans:ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{--paper:#161513;--ink:#e8e3d8;--soft:#a09889;--rule:#34312b;--sheet:#1d1b18;--accent:#d99a66;
--good:#7fc29f;--bad:#e58a74;
--c0:#79b4de;--c1:#e3965f;--c2:#86c596;--c3:#cf8fbd;--c4:#d0bb5e;--c5:#a3a7ea;--c6:#e58c98;--c7:#83c7cc}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 var(--serif)}
.sheet{max-width:62rem;margin:0 auto;padding:4rem 1.5rem 5rem}
header{border-bottom:1px solid var(--rule);padding-bottom:1.75rem;margin-bottom:2.5rem}
h1,h2,h3,h4{font-weight:500;line-height:1.2;margin:0;text-wrap:balance}
h1{font-size:2.5rem;letter-spacing:-.015em}
h2{font-size:1.75rem;letter-spacing:-.01em}
h3{font:600 .8125rem/1.3 var(--sans);letter-spacing:.07em;text-transform:uppercase;color:var(--soft);margin:0 0 1rem}
h4{font:600 .875rem/1.3 var(--sans);margin:1.75rem 0 .5rem}
p{margin:.5rem 0;max-width:44rem}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.15em}
.eyebrow{font:500 .8125rem/1.3 var(--sans);color:var(--accent);letter-spacing:.02em;margin:0 0 .4rem;overflow-wrap:anywhere}
.subtitle{font-size:1.1875rem;color:var(--soft);margin:.6rem 0 0}
.citation{color:var(--soft);font-size:.9375rem;font-style:italic}
.note{color:var(--soft);font-size:.9375rem}
article{margin:0 0 4.5rem;padding-top:.5rem}
article+article{border-top:1px solid var(--rule);padding-top:3rem}
section{margin:2.75rem 0 0}
.strip{display:flex;flex-wrap:wrap;gap:1.25rem 2.5rem;margin:1.75rem 0 0}
.strip div{display:flex;flex-direction:column}
.strip b{font:500 1.5rem/1.2 var(--sans);font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.strip span{font:.8125rem/1.4 var(--sans);color:var(--soft)}
.rows{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,27rem),1fr));gap:2rem}
.rows.single{grid-template-columns:minmax(0,44rem)}
.row .heading{font:600 .875rem/1.3 var(--sans);margin:0 0 .5rem}
.pictures{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.75rem}
.picture,figure{margin:0}
.picture img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:3px;outline:1px solid var(--rule);outline-offset:-1px}
figcaption{font:.8125rem/1.4 var(--sans);color:var(--soft);margin-top:.4rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:.75rem 0 1rem}
table{border-collapse:collapse;font:.875rem/1.4 var(--sans);font-variant-numeric:tabular-nums;width:100%}
th,td{padding:.45rem .9rem .45rem 0;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}
th:first-child,td:first-child{text-align:left}
tr:first-child th{color:var(--soft);font-weight:500;border-bottom-color:var(--soft)}
tr th:first-child{font-weight:500}
th:last-child,td:last-child{padding-right:0}
.facts{margin:0;font:.875rem/1.45 var(--sans)}
.facts div{display:grid;grid-template-columns:minmax(9rem,14rem) 1fr;gap:1rem;padding:.4rem 0;border-bottom:1px solid var(--rule)}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
pre{font:.8125rem/1.55 var(--mono);background:var(--sheet);border:1px solid var(--rule);border-radius:4px;padding:.9rem 1.1rem;margin:.5rem 0;overflow-x:auto}
pre.command,pre.wrap{white-space:pre-wrap;overflow-wrap:anywhere}
pre.settings{max-height:22rem;overflow-y:auto}
.chart{display:block;width:100%;height:auto;font-family:var(--sans)}
.chart .rule{stroke:var(--rule);stroke-width:1}
.chart .axis{stroke:var(--soft);stroke-width:1}
.chart .tick{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
.chart .label{fill:var(--ink);font-size:12px}
.chart .series{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.chart .end{fill:currentColor}
.chart .bar{stroke:currentColor;stroke-width:2.5;stroke-linecap:round;opacity:.55}
.c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}
.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;margin:.5rem 0 0;padding:0 0 0 4.2rem;font:.8125rem/1.4 var(--sans)}
.legend li::before{content:"";display:inline-block;width:1.1rem;height:2px;vertical-align:.25em;margin-right:.45rem;background:currentColor}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:1.5rem 2rem;margin-top:1.5rem}
.verdict{border-left:3px solid var(--good);padding:.2rem 0 .2rem 1.1rem;font-size:1.1875rem;margin:1.5rem 0}
.verdict.failed{border-color:var(--bad)}
.cell b{font-weight:600;font-size:1rem}
.cell span{display:block;color:var(--soft)}
.matrix td{min-width:9rem}
.reading li{max-width:44rem;margin:.4rem 0}
.cell .leak{color:var(--bad)}
footer{border-top:1px solid var(--rule);margin-top:4rem;padding-top:1.25rem;color:var(--soft);font-size:.9375rem}
@media (max-width:40rem){.sheet{padding:2rem 1.1rem 3rem}h1{font-size:1.9rem}
.facts div{grid-template-columns:1fr;gap:.1rem}.legend{padding-left:0}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#555;--rule:#ccc;--sheet:#fff;--accent:#000;color-scheme:light}
body{font-size:10pt}.sheet{max-width:none;padding:0}article{break-before:page}article:first-of-type{break-before:auto}
.row,figure,tr,.facts div,svg{break-inside:avoid}h2,h3,h4{break-after:avoid}
pre{white-space:pre-wrap;overflow-wrap:anywhere}pre.settings{max-height:none}a{text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)css";

}  // namespace

std::string_view page_style() { return style; }

}  // namespace palimpsest::tools
