/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What ran, the totals, and a bar for each process and thread. */

const THREADS_AT_ONCE = 24, PROCESSES_AT_ONCE = 40;

function bar(row) {
	const parts = division(row), whole = row.ledger.lifetime_ns, element = make("div", {class: "bar"});
	const said = [];
	for (const kind of kinds) {
		const ns = parts[kind.id] || 0;
		if (!ns)
			continue;
		const share = whole ? ns / whole : 0, text = kind.label + " " + shareText(ns, whole);
		said.push(text);
		const part = make("i", {title: kind.says + ": " + timeText(ns) + ", " + shareText(ns, whole),
			class: (kind.id === "unknown" ? "unknown " : "") + inkOn(kind),
			style: "background-color:var(--" + kind.colour + ");width:" + (100 * share).toFixed(3) + "%"}, make("span", {text}));
		element.append(part);
	}
	element.setAttribute("role", "img");
	element.setAttribute("aria-label", said.join(", "));
	return element;
}

/* On some colours white would not be read: in both themes, or in the light one. */
function inkOn(kind) {
	if (["runnable", "terminal", "aio"].includes(kind.id))
		return "on-light";
	return ["idle", "kernel_mode"].includes(kind.id) ? "on-pale" : "";
}

function who(name, row, more) {
	return [make("span", {class: "name", title: name, text: name}), bar(row),
		make("span", {class: "time", text: timeText(row.ledger.lifetime_ns), title: more})];
}

function aboutProcess(process) {
	const parts = [plural(process.threads.length, "thread")];
	if (process.exe)
		parts.push(process.exe);
	if (process.io_model !== "unknown" && process.io_model !== "none")
		parts.push("I/O: " + process.io_model.replace(/_/g, " "));
	if (process.structure !== "unknown")
		parts.push(process.structure.replace(/_/g, " "));
	if (process.concurrency.mean !== null)
		parts.push(process.concurrency.mean.toFixed(1) + " operations at once");
	if (process.parallelism.mean !== null)
		parts.push(process.parallelism.mean.toFixed(2) + " threads running at once");
	return parts.join(" · ");
}

/* Rows by the dozen; the rest on demand. */
function rowsOnDemand(container, rows, atOnce, show, word) {
	let shown = 0;
	const more = make("button", {type: "button", class: "more", on: () => add()});
	function add() {
		for (const row of rows.slice(shown, shown + atOnce))
			container.insertBefore(show(row), more);
		shown = Math.min(rows.length, shown + atOnce);
		more.hidden = shown === rows.length;
		more.textContent = "Show " + Math.min(atOnce, rows.length - shown) + " more of " +
			plural(rows.length - shown, word[0], word[1]);
	}
	container.append(more);
	add();
}

function threadRow(thread) {
	return make("div", {class: "who thread"}, ...who(thread.tid + " " + thread.comm, thread));
}

function processRow(process) {
	const summary = make("summary", {}, make("div", {class: "who"},
		...who(process.pid + " " + process.comm, process)));
	const details = make("details", {class: "process", "data-pid": process.pid,
		open: profile.processes.length <= 3}, summary,
		make("p", {class: "about", text: aboutProcess(process)}));
	const list = make("div", {});
	details.append(list);
	const fill = () => {
		if (details.open && !list.hasChildNodes())
			rowsOnDemand(list, process.threads, THREADS_AT_ONCE, threadRow, ["thread"]);
	};
	details.addEventListener("toggle", fill);
	fill();
	return details;
}

function tile(name, value, text, label) {
	return make("div", {class: "tile"}, make("b", {text, "data-total": name, "data-value": value}),
		make("span", {text: label}));
}

function showTotals() {
	const all = totals.lifetime_ns, share = ns => shareText(ns, all);
	const blocked = totals.blocked_ns - totals.idle_ns;
	byId("totals").append(
		tile("lifetime_ns", all, timeText(all), "time of all threads"),
		tile("running_ns", totals.running_ns, timeText(totals.running_ns), "running, " + share(totals.running_ns)),
		tile("runnable_ns", totals.runnable_ns, timeText(totals.runnable_ns), "runnable, " + share(totals.runnable_ns)),
		tile("preempted_ns", totals.preempted_ns, timeText(totals.preempted_ns), "preempted, " + share(totals.preempted_ns)),
		tile("busy_blocked_ns", blocked, timeText(blocked), "blocked, " + share(blocked)),
		tile("idle_ns", totals.idle_ns, timeText(totals.idle_ns), "idle, " + share(totals.idle_ns)),
		tile("unknown_ns", totals.unknown_ns, timeText(totals.unknown_ns), "unknown, " + share(totals.unknown_ns)),
		tile("waits", totals.waits, countText(totals.waits), "waits"));
}

function showLegend() {
	for (const kind of kinds)
		if (division_of_all[kind.id])
			byId("legend").append(make("span", {class: "key", title: kind.says}, swatch(kind.id),
				kind.label + " " + shareText(division_of_all[kind.id], totals.lifetime_ns)));
}

function showHead() {
	const title = whatRan(), facts = [timeText(profile.window_ns),
		plural(profile.processes.length, "process", "processes"), plural(totals.threads, "thread")];
	document.title = title.slice(0, 80) + " · waitscope";
	byId("title").textContent = title;
	if (profile.exit_status !== null)
		facts.push("exit status " + profile.exit_status);
	facts.push(profile.tool.tier + " tier");
	if (profile.host.kernel)
		facts.push("Linux " + profile.host.kernel + (profile.host.cpus ? ", " + plural(profile.host.cpus, "CPU") : ""));
	byId("facts").textContent = facts.join(" · ");
	byId("foot").textContent = "waitscope " + profile.tool.version + ". This page needs nothing else and asks nobody; " +
		"all of it is made of the JSON in it, which is that of --buckets.";
}

function showOverview() {
	showHead();
	showTotals();
	showLegend();
	rowsOnDemand(byId("bars"), profile.processes, PROCESSES_AT_ONCE, processRow, ["process", "processes"]);
}
