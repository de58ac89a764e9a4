/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Histograms: how long waits last, and how long their threads then had no CPU. */

/* Counts of several distributions, by power of two: [{low, high, count}], without gaps. */
function byPowers(distributions) {
	const powers = new Map();
	for (const distribution of distributions)
		for (const [low, , count] of distribution.buckets) {
			const power = low < 1 ? 0 : Math.floor(Math.log2(low));
			powers.set(power, (powers.get(power) || 0) + count);
		}
	if (!powers.size)
		return [];
	const first = Math.min(...powers.keys()), last = Math.max(...powers.keys()), rows = [];
	for (let power = first; power <= last; power++)
		rows.push({low: power ? 2 ** power : 0, high: 2 ** (power + 1), count: powers.get(power) || 0});
	return rows;
}

/* Long stretches without a value are one row. */
function withoutGaps(rows) {
	return rows.filter((row, at) => {
		const empty = index => !rows[index] || !rows[index].count;
		row.gap = empty(at) && empty(at - 1) && empty(at + 1);
		return !row.gap || !rows[at - 1].gap;
	});
}

/* The least bucket by whose end a share of all is counted. */
function quantileOf(distributions, share) {
	const buckets = distributions.flatMap(each => each.buckets).sort((a, b) => a[0] - b[0]);
	const all = buckets.reduce((sum, bucket) => sum + bucket[2], 0);
	let so_far = 0;
	for (const [low, high, count] of buckets) {
		so_far += count;
		if (so_far >= share * all)
			return (low + high) / 2;
	}
	return 0;
}

function drawHistogram(container, distributions, colour) {
	const rows = byPowers(distributions), most = Math.max(1, ...rows.map(row => row.count));
	const all = rows.reduce((sum, row) => sum + row.count, 0), grid = make("div", {class: "rows"});
	const marks = all ? [["p50", 0.5], ["p90", 0.9], ["p99", 0.99]].map(([name, share]) => [name, quantileOf(distributions, share)]) : [];
	for (const row of withoutGaps(rows)) {
		if (row.gap) {
			grid.append(make("span", {class: "n dim", text: "…"}), make("span"), make("span"));
			continue;
		}
		const names = marks.filter(([, ns]) => ns >= row.low && ns < row.high).map(([name, ns]) => name + " " + timeText(ns));
		grid.append(make("span", {class: "n", text: timeText(row.low)}),
			make("span", {class: "n dim", text: row.count ? countText(row.count) : ""}),
			make("span", {class: "cell"}, make("span", {class: "fill",
				style: "width:calc((100% - 170px) * " + (row.count / most).toFixed(4) + ");background:var(--" + colour + ")" +
					(row.count ? "" : ";min-width:0")}),
				make("span", {class: "mark", text: names.join(", ")})));
	}
	container.replaceChildren(grid);
	container.dataset.count = all;
	return all;
}

const distributionChoices = [];
let distributionSelect, distributionPart;

function rowsOf(choice) {
	return choice.row ? [choice.row] : waitRows.filter(choice.passes);
}

function drawDistribution() {
	const choice = distributionChoices[distributionSelect.value], part = distributionPart.value;
	const rows = rowsOf(choice), distributions = rows.map(row => row.wait[part]);
	const all = drawHistogram(byId("histogram-rows"), distributions,
		part === "runqueue" ? "runnable" : kindOf[choice.colour] ? kindOf[choice.colour].colour : choice.colour);
	const sum = distributions.reduce((so_far, each) => so_far + each.sum_ns, 0);
	const longest = Math.max(0, ...distributions.map(each => each.max_ns || 0));
	const cut = rows.reduce((so_far, row) => so_far + row.wait.censored, 0);
	byId("histogram-says").textContent = !all ? "No value." : plural(all, "value") + ", " + timeText(sum) + " in all, longest " +
		timeText(longest) + (cut ? "; " + plural(cut, "wait") + " cut by an edge of the window " + (cut === 1 ? "is" : "are") + " in no distribution" : "") + ".";
}

function addChoice(choice) {
	distributionSelect.append(make("option", {value: distributionChoices.length, text: choice.label}));
	distributionChoices.push(choice);
}

/* Of one row of the table: it is chosen, and scrolled to. */
function showDistributionOf(row) {
	if (!row.choice) {
		row.choice = distributionChoices.length;
		addChoice({label: row.wait.class + ": " + waitTitle(row) + " (" + row.name + ")", row,
			colour: row.wait.idle ? "idle" : row.wait.class});
	}
	distributionSelect.value = row.choice;
	drawDistribution();
	byId("distributions").scrollIntoView();
}

function showDistributions() {
	distributionSelect = make("select", {id: "distribution", "aria-label": "Waits"});
	distributionPart = make("select", {id: "distribution-part", "aria-label": "What lasts"},
		make("option", {value: "duration", text: "asleep"}), make("option", {value: "runqueue", text: "then without a CPU"}));
	const section = byId("histogram");
	section.append(make("div", {class: "tools"}, distributionSelect, distributionPart),
		make("div", {id: "histogram-rows"}), make("p", {class: "dim small", id: "histogram-says", style: "margin-top:8px"}));
	if (waitRows.some(row => !row.wait.idle))
		addChoice({label: "all waits but idle ones", passes: row => !row.wait.idle, colour: "all"});
	for (const name of classes)
		if (waitRows.some(row => row.wait.class === name && !row.wait.idle))
			addChoice({label: name, passes: row => row.wait.class === name && !row.wait.idle, colour: name});
	if (waitRows.some(row => row.wait.idle))
		addChoice({label: "idle", passes: row => row.wait.idle, colour: "idle"});
	if (!distributionChoices.length) {
		section.replaceChildren(make("p", {class: "dim", text: "It did not wait."}));
		return;
	}
	distributionSelect.addEventListener("input", drawDistribution);
	distributionPart.addEventListener("input", drawDistribution);
	drawDistribution();
}
