/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The heat map: when waits ended (across), how long they had lasted (up), how many (shade). */

const HEAT_HEIGHT = 240, HEAT_LEFT = 62, HEAT_BOTTOM = 22;
let heatSelect, heatCanvas;

/* Triples of column, row, count: of one class, or of all but idle. */
function heatCells(choice) {
	const cells = new Map();
	for (const [name, triples] of Object.entries(recorded.heat.classes)) {
		if (choice ? name !== choice : name === "idle")
			continue;
		for (let i = 0; i < triples.length; i += 3) {
			const key = triples[i] * 1000 + triples[i + 1];
			cells.set(key, (cells.get(key) || 0) + triples[i + 2]);
		}
	}
	return [...cells].map(([key, count]) => ({column: Math.floor(key / 1000), row: key % 1000, count}));
}

function sizedContext(canvas, width, height) {
	const scale = window.devicePixelRatio || 1;
	canvas.width = Math.round(width * scale);
	canvas.height = Math.round(height * scale);
	canvas.style.height = height + "px";
	const context = canvas.getContext("2d");
	context.setTransform(scale, 0, 0, scale, 0, 0);
	context.clearRect(0, 0, width, height);
	context.font = "11px system-ui, sans-serif";
	return context;
}

/* Round distances between marks on an axis of time. */
function niceStep(ns) {
	let step = 1;
	while (step < ns)
		step *= 10;
	return step / 5 >= ns ? step / 5 : step / 2 >= ns ? step / 2 : step;
}

function drawHeatAxes(context, plot, first, last) {
	const every = Math.max(1, Math.ceil((last - first + 1) / 8)), step = niceStep(recorded.window_ns / (plot.width / 90));
	context.fillStyle = colourOf("dim");
	context.textAlign = "right";
	for (let row = first; row <= last; row += every)
		context.fillText(timeText(recorded.heat.lows_ns[row]), HEAT_LEFT - 8, plot.y(row) + plot.cell);
	context.textAlign = "center";
	for (let at = 0; at <= recorded.window_ns; at += step) {
		const x = HEAT_LEFT + at / recorded.window_ns * plot.width;
		if (x < HEAT_LEFT + plot.width - 20)
			context.fillText(at ? timeText(at) : "0", Math.max(x, HEAT_LEFT + 6), HEAT_HEIGHT - 6);
	}
}

function drawHeat() {
	const width = heatCanvas.clientWidth, cells = heatCells(heatSelect.value);
	const context = sizedContext(heatCanvas, width, HEAT_HEIGHT);
	const all = cells.reduce((sum, cell) => sum + cell.count, 0);
	heatCanvas.dataset.count = all;
	byId("heat-says").textContent = plural(all, "wait") + "; the darker or brighter, the more. Those of an idle thread are a choice of their own.";
	if (!cells.length)
		return;
	const first = Math.min(...cells.map(cell => cell.row)), last = Math.max(...cells.map(cell => cell.row));
	const most = Math.max(...cells.map(cell => cell.count)), height = HEAT_HEIGHT - HEAT_BOTTOM;
	const plot = {width: width - HEAT_LEFT - 2, cell: height / (last - first + 1)};
	plot.y = row => height - (row - first + 1) * plot.cell;
	drawHeatAxes(context, plot, first, last);
	context.fillStyle = colourOf(heatSelect.value || "all");
	const wide = plot.width / recorded.heat.columns;
	for (const cell of cells) {
		context.globalAlpha = 0.2 + 0.8 * Math.log2(1 + cell.count) / Math.log2(1 + most);
		context.fillRect(HEAT_LEFT + cell.column * wide, plot.y(cell.row), Math.max(1, wide - 0.5), Math.max(1, plot.cell - 0.5));
	}
	context.globalAlpha = 1;
}

function showHeat() {
	if (!recorded || !waitRows.length)
		return;
	const section = byId("heat");
	section.hidden = false;
	heatSelect = make("select", {id: "heat-class", "aria-label": "Wait class"}, make("option", {value: "", text: "all waits but idle ones"}));
	for (const [name, triples] of Object.entries(recorded.heat.classes))
		if (triples.length)
			heatSelect.append(make("option", {value: name, text: name}));
	heatCanvas = make("canvas", {id: "heat-canvas", role: "img", "aria-label": "Heat map: durations of waits over time"});
	section.className = "heat";
	section.append(make("h3", {text: "Over time"}), make("div", {class: "tools"}, heatSelect), heatCanvas,
		make("p", {class: "dim small", id: "heat-says", style: "margin-top:6px"}));
	if (heatSelect.options.length > 1 && !heatCells("").length)
		heatSelect.value = "idle";
	heatSelect.addEventListener("input", drawHeat);
	themeListeners.push(drawHeat);
	window.addEventListener("resize", drawHeat);
	drawHeat();
}
