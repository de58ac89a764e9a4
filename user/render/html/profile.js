/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The profile, as --json prints it, and what the page computes from it. */

const profile = JSON.parse(byId("profile").textContent);
const recorded = byId("timeline-data") ? JSON.parse(byId("timeline-data").textContent) : null;

/* Kinds of time, in the order of bars. A class of waits has its own name, and blocked time of it
 * that is idle is one kind for all. */
const classes = ["disk", "network", "ipc", "terminal", "lock", "multiplex", "timer", "child", "signal",
	"aio", "io_uring", "fault", "kernel", "stopped", "other"];
const kinds = [
	{id: "user", says: "on a CPU, in its own code"},
	{id: "kernel_mode", label: "kernel", colour: "kernel", says: "on a CPU, in a system call"},
	{id: "running", says: "on a CPU"},
	{id: "runnable", says: "woken, but no CPU free yet"},
	{id: "preempted", says: "put off its CPU with more to do"},
	...classes.map(name => ({id: name, colour: name === "kernel" ? "kernel_wait" : name,
		label: name === "kernel" ? "kernel (wait)" : name, blocked: true, says: "blocked: " + name})),
	{id: "idle", says: "asleep at its resting place"},
	{id: "unknown", says: "not seen, or an event was lost"},
];
const kindOf = {};
for (const kind of kinds) {
	kind.colour = kind.colour || kind.id;
	kind.label = kind.label || kind.id;
	kindOf[kind.id] = kind;
}

/* How the time of a process or a thread divides: {kind: ns}, whose sum is its lifetime. */
function division(row) {
	const ledger = row.ledger, parts = {};
	const split = ledger.user_ns !== null && ledger.kernel_ns !== null;
	parts.user = split ? ledger.user_ns : 0;
	parts.kernel_mode = split ? ledger.kernel_ns : 0;
	parts.running = ledger.running_ns - parts.user - parts.kernel_mode;
	parts.runnable = ledger.runnable_ns;
	parts.preempted = ledger.preempted_ns;
	parts.idle = ledger.idle_ns;
	parts.unknown = ledger.unknown_ns;
	let named = 0;
	for (const wait of row.waits)
		if (!wait.idle) {
			parts[wait.class] = (parts[wait.class] || 0) + wait.total_ns;
			named += wait.total_ns;
		}
	/* a wait that found no room for a row is in the ledger all the same */
	parts.other = (parts.other || 0) + Math.max(0, ledger.blocked_ns - ledger.idle_ns - named);
	return parts;
}

const totals = {running_ns: 0, runnable_ns: 0, preempted_ns: 0, blocked_ns: 0, idle_ns: 0, unknown_ns: 0,
	lifetime_ns: 0, threads: 0, waits: 0, wait_ns: 0, calls: 0};
const division_of_all = {};
for (const process of profile.processes) {
	for (const name of Object.keys(process.ledger))
		if (name in totals)
			totals[name] += process.ledger[name];
	totals.threads += process.threads.length;
	for (const wait of process.waits) {
		totals.waits += wait.count;
		totals.wait_ns += wait.total_ns;
	}
	for (const call of process.syscalls)
		totals.calls += call.calls;
	for (const [kind, ns] of Object.entries(division(process)))
		division_of_all[kind] = (division_of_all[kind] || 0) + ns;
}

function whatRan() {
	const target = profile.target;
	if (target.command)
		return target.command.join(" ");
	if (target.name || target.path)
		return target.name || target.path;
	return target.pids ? target.kind + " " + target.pids.join(", ") : "the whole system";
}

/* The colours of now, by kind; canvases have to ask. */
function colourOf(id) {
	const name = kindOf[id] ? kindOf[id].colour : id;
	return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim() || "#888";
}

function swatch(id) {
	return make("span", {class: "swatch" + (id === "unknown" ? " unknown" : ""),
		style: "background-color:var(--" + kindOf[id].colour + ")"});
}
