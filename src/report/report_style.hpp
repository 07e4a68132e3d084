// The look of the report page and its few lines of script. Kept apart so that report_html.cpp is about what is said.
#pragma once

#include <string_view>

namespace tessera::report {

inline constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--paper:#fbfaf6;--card:#ffffff;--ink:#1e1d1a;--soft:#6a665c;--line:#e4dfd3;--tint:#f3f0e7;--accent:#1d6b58;--s:52%;--l:42%}
@media(prefers-color-scheme:dark){:root{--paper:#131517;--card:#1b1e21;--ink:#ece9e2;--soft:#a09b90;--line:#31353a;--tint:#23272b;--accent:#67c7ad;--s:48%;--l:62%}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:28px 20px 80px}
h1,h2,h3{font-family:"Iowan Old Style","Palatino Linotype",Palatino,"Book Antiqua",Georgia,serif;font-weight:600;line-height:1.2;text-wrap:balance}
h1{font-size:clamp(1.9rem,6vw,3.1rem);margin:.2em 0 .35em;letter-spacing:-.015em}
h2{font-size:1.55rem;margin:2.6em 0 .3em;padding-top:.9em;border-top:1px solid var(--line)}
h3{font-size:1.22rem;margin:0}
p{margin:.5em 0;max-width:68ch}
.lead{font-size:1.08rem;color:var(--soft)}
.soft{color:var(--soft)}
.small{font-size:.875rem}
a{color:var(--accent);text-underline-offset:2px}
a:focus-visible,summary:focus-visible,input:focus-visible,button:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
.figures{display:flex;flex-wrap:wrap;gap:1px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:22px 0}
.figures div{flex:1 1 140px;background:var(--card);padding:12px 14px}
.figures b{display:block;font-size:1.45rem;font-weight:600;line-height:1.2}
.figures span{font-size:.8rem;color:var(--soft)}
.dot{display:inline-block;width:.72em;height:.72em;border-radius:50%;background:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)));flex:none}
.apart .dot{background:none;border:2px solid var(--soft)}
table{border-collapse:collapse;width:100%}
th{font-weight:500;font-size:.78rem;color:var(--soft);text-align:right;padding:6px 0 6px 14px;vertical-align:bottom}
td{padding:8px 0 8px 14px;border-top:1px solid var(--line);text-align:right;vertical-align:top}
th:first-child,td:first-child{text-align:left;padding-left:0}
.scroll{overflow-x:auto}
.who{display:flex;gap:9px;align-items:baseline}
.who a{color:inherit;text-decoration-color:var(--line)}
.pair{width:34%;min-width:110px}
.bar{height:7px;border-radius:4px;background:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)));margin:5px 0 3px;min-width:2px}
.bar.v{opacity:.45}
.span{position:relative;height:7px;border-radius:4px;background:var(--line);margin:5px 0 3px}
.span i{position:absolute;top:0;bottom:0;border-radius:4px;background:var(--accent);opacity:.35}
.span b{position:absolute;top:-2px;bottom:-2px;width:3px;border-radius:2px;background:var(--accent)}
.apart .bar{background:var(--soft)}
.key{display:flex;gap:18px;flex-wrap:wrap;font-size:.82rem;color:var(--soft);align-items:center}
.key i{display:inline-block;width:26px;height:7px;border-radius:4px;background:var(--soft);margin-right:6px}
.key i.v{opacity:.45}
.slide{display:grid;grid-template-columns:auto 1fr auto;gap:12px;align-items:center;margin:14px 0 6px}
input[type=range]{width:100%;accent-color:var(--accent);height:28px}
.tree,.tree ul{list-style:none;margin:0;padding:0}
.tree ul{margin-left:11px;padding-left:15px;border-left:1px solid var(--line)}
.tree .row{display:grid;grid-template-columns:1fr auto;gap:2px 12px;padding:5px 0;align-items:baseline}
.tree .row .bar{grid-column:1/-1;margin:0 0 4px;background:var(--accent)}
.tree .leaf>.row .bar{background:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)))}
.tree .open>.row{color:var(--soft)}
.tree .open>.row .bar{opacity:.22}
.tree .shut>.row{font-weight:600}
.tree .shut>ul,.tree .gone{display:none}
.tree .num{font-size:.85rem;color:var(--soft);font-weight:400;white-space:nowrap}
figure{margin:18px 0}
figcaption{font-size:.85rem;color:var(--soft);margin-top:6px}
svg{display:block;width:100%;height:auto}
.map circle{fill:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)));opacity:.75;transition:opacity .15s}
.map.pick circle{opacity:.07}
.map.pick circle.on{opacity:1}
.map text{font:600 13px system-ui,sans-serif;fill:var(--ink);text-anchor:middle}
.map text.halo{fill:none;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.panel{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.flows .panel{max-width:600px;padding:10px}
.flow path{fill:none;stroke:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)));opacity:.32}
.flow path:hover{opacity:.6}
.flow rect{fill:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)))}
.flow rect.none{fill:var(--soft)}
.flow path.none{stroke:var(--soft);opacity:.22}
.flow text{font:11px system-ui,sans-serif;fill:var(--ink)}
.flow text.halo{fill:none;stroke:var(--card);stroke-width:3px;stroke-linejoin:round;opacity:.8}
.chips{display:flex;flex-wrap:wrap;gap:6px;margin:10px 0}
.chips button{font:inherit;font-size:.82rem;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:999px;padding:4px 11px 4px 9px;display:inline-flex;gap:7px;align-items:center;cursor:pointer;text-align:left}
.chips button[aria-pressed=true]{border-color:var(--accent);box-shadow:0 0 0 1px var(--accent)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:18px;margin-top:18px;align-items:start}
.card{background:var(--card);border:1px solid var(--line);border-top:4px solid hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)));border-radius:12px;padding:18px 18px 14px}
.card.apart{border-top-color:var(--soft)}
.card .n{color:var(--soft);font-weight:500;font-family:system-ui,sans-serif;font-size:.95rem;margin-right:.45em}
.card .stats{display:flex;flex-wrap:wrap;gap:2px 16px;margin:6px 0 12px;font-size:.92rem;color:var(--soft)}
.card .stats b{color:var(--ink);font-weight:600}
.card h4{font-size:.8rem;font-weight:600;color:var(--soft);margin:16px 0 4px}
.card ul{margin:0;padding-left:1.05em}
.card li{margin:3px 0}
pre{background:var(--tint);border-radius:8px;padding:10px 12px;margin:4px 0;overflow-x:auto;font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:.9em ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.claim{margin:9px 0}
.claim p{margin:0;font-size:.94rem;line-height:1.4}
.scale{position:relative;height:14px;margin-top:3px}
.scale::before{content:"";position:absolute;left:0;right:0;top:6.5px;height:1px;background:var(--line)}
.scale i{position:absolute;top:4px;height:6px;border-radius:3px;background:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)));opacity:.38;min-width:3px}
.scale b{position:absolute;top:2px;width:10px;height:10px;margin-left:-5px;border-radius:50%;background:hsl(var(--h) var(--s) calc(var(--l) + var(--d,0%)))}
.scale u{position:absolute;top:0;width:2px;height:14px;margin-left:-1px;background:var(--ink)}
details{border-top:1px solid var(--line);margin-top:12px;padding-top:8px}
summary{cursor:pointer;font-size:.92rem;color:var(--accent)}
dl{display:grid;grid-template-columns:minmax(120px,auto) 1fr;gap:8px 20px;margin:10px 0}
dt{font-weight:600}
dd{margin:0;max-width:66ch}
@media(max-width:560px){dl{grid-template-columns:1fr;gap:2px}dd{margin-bottom:10px}th,td{padding-left:9px}.hide{display:none}main{padding:20px 16px 60px}
.groups tr{display:grid;grid-template-columns:1fr auto;border-top:1px solid var(--line);padding:7px 0}
.groups thead{display:none}
.groups td{border:0;padding:1px 0}
.groups td:first-child{grid-column:1/-1}
.groups td.pair{width:auto;padding-right:14px}
.tree .row{grid-template-columns:1fr}
.tree ul{margin-left:5px;padding-left:10px}}
.steps{display:grid;grid-template-columns:repeat(3,1fr);gap:1px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:14px 0;max-width:520px}
.steps div{background:var(--card);padding:10px 14px;color:var(--soft);font-size:.9rem}
.steps .at{background:var(--accent);color:var(--paper);font-weight:600}
.axis{stroke:var(--line)}
.curve{fill:none;stroke:var(--accent);stroke-width:2.5;stroke-linejoin:round}
.curve.b{stroke:var(--soft);stroke-dasharray:2 5;stroke-linecap:round}
.chosen{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
.label{font:12px system-ui,sans-serif;fill:var(--soft)}
@media print{body{background:#fff}.card{break-inside:avoid}.slide,.chips{display:none}}
)css";

inline constexpr std::string_view kScript = R"js(
(function(){
var slider=document.getElementById('cut'),said=document.getElementById('cutsaid');
function cut(){var c=+slider.value;said.textContent=c+(c==1?' group':' groups');
document.querySelectorAll('.tree li').forEach(function(li){
var from=+li.dataset.from,splits=+li.dataset.splits;
li.classList.toggle('gone',from>c);
if(splits){li.classList.toggle('shut',splits>c);li.classList.toggle('open',splits<=c);}});}
if(slider){slider.addEventListener('input',cut);cut();}
var map=document.querySelector('.map');
document.querySelectorAll('.chips button').forEach(function(b){b.addEventListener('click',function(){
var was=b.getAttribute('aria-pressed')=='true';
document.querySelectorAll('.chips button').forEach(function(o){o.setAttribute('aria-pressed','false')});
map.classList.toggle('pick',!was);if(was)return;b.setAttribute('aria-pressed','true');
map.querySelectorAll('circle').forEach(function(p){p.classList.toggle('on',p.dataset.s==b.dataset.s)});});});
})();
)js";

}  // namespace tessera::report
