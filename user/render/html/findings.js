/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is wrong with the program, and how far the figures can be trusted. */

const FINDINGS_AT_ONCE = 12;

function findingRow(finding) {
	return make("div", {class: "finding", "data-finding": finding.id},
		make("b", {class: finding.severity, text: finding.severity}),
		make("span", {text: finding.text + " "}, make("code", {text: finding.id})));
}

function showFindings() {
	const list = byId("findings-list");
	if (profile.findings.length)
		rowsOnDemand(list, profile.findings, FINDINGS_AT_ONCE, findingRow, ["finding"]);
	else
		list.append(make("p", {class: "dim", text: "Nothing was found wrong with how it waits."}));
}

function lostCauses() {
	return Object.entries(profile.audit.lost).filter(([, count]) => count > 0)
		.map(([cause, count]) => countText(count) + " " + cause.replace(/_/g, " "));
}

function showLosses() {
	const causes = lostCauses();
	if (!causes.length)
		return;
	byId("lost").textContent = "Incomplete: lost " + causes.join(", ") +
		". What these hid is counted as unknown, never guessed.";
	byId("lost").hidden = false;
}

function percentText(fraction) {
	return fraction === null || fraction === undefined ? "not comparable" : (100 * fraction).toFixed(2) + "%";
}

function auditRows() {
	const audit = profile.audit, fullest = audit.maps.filter(map => map.capacity)
		.sort((a, b) => b.used / b.capacity - a.used / a.capacity)[0];
	return [
		["Conservation", audit.conserved ? "every thread's states add up to its lifetime"
			: "BROKEN: off by " + audit.residual_ns + " ns. This is a bug of waitscope"],
		["Lost", lostCauses().join(", ") || "nothing"],
		["Run time, off the kernel's books", percentText(audit.runtime_error)],
		["Run-queue delay, off them", percentText(audit.rundelay_error)],
		["Switches, off them", percentText(audit.switches_error)],
		["Fullest map", fullest ? fullest.name + ", " + shareText(fullest.used, fullest.capacity) : "?"],
		["waitscope's own CPU", timeText(audit.overhead.tool_cpu_ns) + ", its programs " +
			timeText(audit.overhead.programs_ns)],
	];
}

function showAudit() {
	const list = make("dl", {});
	for (const [name, text] of auditRows())
		list.append(make("dt", {text: name}), make("dd", {text}));
	byId("audit-body").className = "audit";
	byId("audit-body").append(list);
}
