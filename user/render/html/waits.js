/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The waits of all processes, and their system calls, as tables. */

function wakerText(wait) {
	const first = wait.wakers[0];
	if (!first)
		return "";
	const name = first.comm ? first.comm + (first.tid ? " " + first.tid : "") : first.kind;
	return name + (wait.wakers.length > 1 ? " +" + (wait.wakers.length - 1) : "");
}

const waitRows = [], callRows = [];
for (const process of profile.processes) {
	for (const wait of process.waits)
		waitRows.push({process, wait, name: process.pid + " " + process.comm,
			text: [process.pid, process.comm, wait.class, wait.syscall, wait.object, wait.sleep,
				...wait.wakers.map(waker => waker.comm || waker.kind)].join(" ").toLowerCase()});
	for (const call of process.syscalls)
		callRows.push({process, call, name: process.pid + " " + process.comm});
}

function waitTitle(row) {
	return [row.wait.syscall || "no system call", row.wait.object].filter(Boolean).join(" on ");
}

function showClass(row, cell) {
	cell.append(make("span", {class: "class"}, swatch(row.wait.idle ? "idle" : row.wait.class),
		row.wait.class + (row.wait.idle ? " (idle)" : "")));
}

let waitTable;

function pickWait(row) {
	waitRows.forEach(each => { each.picked = each === row; });
	waitTable.draw();
	showDistributionOf(row);
}

const waitColumns = [
	{name: "waits in", says: "The call, and what it waited on", wide: true, value: waitTitle, show: (row, cell) => {
		cell.append(make("button", {type: "button", class: "pick", text: waitTitle(row),
			title: "Show how long these last", on: () => pickWait(row)}));
	}},
	{name: "class", value: row => row.wait.class, show: showClass},
	{name: "process", value: row => row.name},
	{name: "count", number: true, value: row => row.wait.count, text: row => countText(row.wait.count), sum: countText},
	{name: "total", number: true, says: "Time asleep, all of them added up", value: row => row.wait.total_ns,
		text: row => (row.wait.censored ? ">= " : "") + timeText(row.wait.total_ns), sum: timeText},
	{name: "p50", number: true, value: row => row.wait.duration.p50_ns, text: row => quantileText(row, "p50_ns")},
	{name: "p99", number: true, value: row => row.wait.duration.p99_ns, text: row => quantileText(row, "p99_ns")},
	{name: "longest", number: true, value: row => row.wait.duration.max_ns, text: row => quantileText(row, "max_ns")},
	{name: "no CPU", number: true, says: "Woken, but no CPU free: run-queue delay", value: row => row.wait.runqueue_ns,
		text: row => timeText(row.wait.runqueue_ns), sum: timeText},
	{name: "woken by", value: row => wakerText(row.wait)},
];

function quantileText(row, name) {
	const ns = row.wait.duration[name];
	return ns === null ? "–" : timeText(ns);
}

function showWaits() {
	const text = make("input", {type: "search", id: "wait-filter", placeholder: "Filter: name, call, object, waker",
		"aria-label": "Filter the waits", size: 32});
	const select = make("select", {id: "wait-class", "aria-label": "Wait class"}, make("option", {value: "", text: "All classes"}));
	for (const name of classes)
		if (waitRows.some(row => row.wait.class === name))
			select.append(make("option", {value: name, text: name}));
	const idle = make("input", {type: "checkbox", id: "wait-idle", checked: true});
	waitTable = makeTable(waitColumns, waitRows, 4, "Waits");
	const apply = () => waitTable.filter(row => (!select.value || row.wait.class === select.value) &&
		(idle.checked || !row.wait.idle) &&
		text.value.toLowerCase().split(/\s+/).every(word => row.text.includes(word)));
	for (const control of [text, select, idle])
		control.addEventListener("input", apply);
	byId("waits-table").append(make("div", {class: "tools"}, text, select,
		make("label", {}, idle, "idle ones too")), waitTable.element);
}

const callColumns = [
	{name: "call", wide: true, value: row => row.call.name},
	{name: "process", value: row => row.name},
	{name: "calls", number: true, value: row => row.call.calls, text: row => countText(row.call.calls), sum: countText},
	{name: "errors", number: true, value: row => row.call.errors, text: row => countText(row.call.errors), sum: countText},
	{name: "total", number: true, says: "From entry to exit", value: row => row.call.total_ns,
		text: row => timeText(row.call.total_ns), sum: timeText},
	{name: "asleep", number: true, value: row => row.call.blocked_ns, text: row => timeText(row.call.blocked_ns), sum: timeText},
	{name: "on CPU", number: true, value: row => row.call.cpu_ns, text: row => timeText(row.call.cpu_ns), sum: timeText},
	{name: "p50", number: true, value: row => row.call.latency.p50_ns, text: row => row.call.latency.count ? timeText(row.call.latency.p50_ns) : "–"},
	{name: "p99", number: true, value: row => row.call.latency.p99_ns, text: row => row.call.latency.count ? timeText(row.call.latency.p99_ns) : "–"},
];

function showCalls() {
	if (!callRows.length)
		return;
	byId("calls").hidden = false;
	byId("calls-table").append(makeTable(callColumns, callRows, 4, "System calls").element);
}
