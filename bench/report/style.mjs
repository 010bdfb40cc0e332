// The style sheet of the report.
import { colorCss, FONT } from './theme.mjs';

export const STYLE = `
${colorCss()}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:58rem;background:var(--paper);color:var(--ink);font:1rem/1.5 ${FONT}}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.3rem;margin:3rem 0 0;padding-top:.75rem;border-top:1px solid var(--grid)}
h3{font-size:1.1rem;margin:2rem 0 0}
p{margin:.5rem 0;max-width:46rem}
a{color:inherit}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:1rem 0}
dt,.about,.reading,caption{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
nav ul,.contestants{list-style:none;padding:0;margin:.5rem 0}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
.contestants li{padding-left:1.4rem;position:relative}
.contestants svg{position:absolute;left:0;top:.4em}
figure{margin:1.75rem 0}
figure h4{margin:0 0 .5rem;font-size:1rem}
figure svg{display:block;max-width:100%;height:auto}
figcaption p{margin:.4rem 0}
.reading{font-size:.875rem}
.narrow{display:none}
@media (max-width:44rem){.wide{display:none}.narrow{display:block}}
.warning{border-left:4px solid var(--warning);background:var(--panel);padding:.5rem .75rem}
ul.voids{font-size:.875rem;padding-left:1.25rem}
.voids li{overflow-wrap:anywhere}
details{margin:1rem 0}
summary{cursor:pointer;padding:.35rem 0}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.25rem 0}
th,td{padding:.3rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid);font-weight:normal}
thead th{color:var(--muted)}
th:first-child{text-align:left}
tbody th{position:sticky;left:0;background:var(--paper)}
b{font-weight:600;white-space:nowrap}
small,.limit,.limit th{color:var(--muted)}
.overview th,.overview td{padding:.3rem .4rem}
.advice tbody th,.advice thead th{white-space:normal;vertical-align:top}
.advice tbody th{min-width:15rem}
.overview thead th{vertical-align:top;white-space:normal;min-width:5rem}
`;
