/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The threads of the timeline: their slices, and how they are painted. */

const LANE_HEIGHT = 20, AXIS_HEIGHT = 24;
const laneList = []; /* in order of the page: heads of processes, and threads */

/* From the numbers of one lane (see html_timeline_json.c) to slices. */
function slicesOf(numbers) {
	const slices = [];
	let at = 0, i = 0;
	while (i < numbers.length) {
		const slice = {since: at + numbers[i], until: at + numbers[i] + numbers[i + 1], kind: numbers[i + 2]};
		at = slice.until;
		if (slice.kind >= 0) {
			slice.detail = numbers[i + 3];
			i += 4;
		} else {
			slice.merged = numbers[i + 3];
			slice.parts = [];
			const end = i + 5 + 2 * numbers[i + 4];
			for (i += 5; i < end; i += 2)
				slice.parts.push([numbers[i], numbers[i + 1]]);
		}
		slices.push(slice);
	}
	return slices;
}

/* As the profile has them: the process and the thread that waited most first. A process of one
 * thread takes one row, but where there is no room for names beside the lanes. */
function makeLanes(narrow) {
	const byPid = new Map(), order = new Map();
	recorded.lanes.forEach((lane, number) => {
		lane.number = number;
		lane.slices = slicesOf(lane.slices);
		if (!lane.slices.length)
			return; /* before its exec, say: nothing of it is in the window */
		lane.first = lane.slices[0].since;
		lane.last = lane.slices[lane.slices.length - 1].until;
		byPid.set(lane.pid, [...(byPid.get(lane.pid) || []), lane]);
	});
	for (const process of profile.processes)
		process.threads.forEach((thread, number) => order.set(thread.tid, number));
	const pids = [...profile.processes.map(process => process.pid), ...byPid.keys()];
	for (const pid of new Set(pids)) {
		const lanes = byPid.get(pid);
		if (!lanes)
			continue;
		const process = profile.processes.find(each => each.pid === pid);
		lanes.sort((a, b) => (order.get(a.tid) ?? 1e9) - (order.get(b.tid) ?? 1e9));
		const name = pid + " " + (process ? process.comm : lanes[0].comm);
		if (lanes.length > 1 || narrow)
			laneList.push({heading: name + (lanes.length > 1 ? " (" + lanes.length + ")" : "")});
		else
			lanes[0].alone = name;
		laneList.push(...lanes);
	}
	laneList.forEach((lane, row) => { lane.row = row; });
}

function kindName(number) {
	return recorded.kinds[number];
}

/* Where slices begin that can be seen from `time` on. */
function firstFrom(slices, time) {
	let low = 0, high = slices.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (slices[middle].until <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What a slice is made of: [kind, share of its length]. */
function mixOf(slice) {
	return slice.parts ? slice.parts.map(([kind, ns]) => [kind, ns / (slice.until - slice.since)]) : [[slice.kind, 1]];
}

/* One pixel after another from what falls on it; wide slices at once. */
function paintLane(context, lane, top, view, colours) {
	const height = LANE_HEIGHT - 5, pixels = new Map(), scale = view.width / (view.to - view.from);
	const x = time => view.left + (time - view.from) * scale;
	if (lane.last > view.from && lane.first < view.to) {
		/* its life: what is not covered by a slice is not known */
		context.globalAlpha = 0.35;
		context.fillStyle = colours.unknown;
		const begin = Math.max(x(lane.first), view.left), end = Math.min(x(lane.last), view.left + view.width);
		context.fillRect(begin, top + height / 2 - 1, Math.max(1, end - begin), 2);
		context.globalAlpha = 1;
	}
	for (let i = firstFrom(lane.slices, view.from); i < lane.slices.length && lane.slices[i].since < view.to; i++) {
		const slice = lane.slices[i];
		const begin = Math.max(x(slice.since), view.left), end = Math.min(x(slice.until), view.left + view.width);
		if (end - begin >= 1.5) {
			let at = top;
			for (const [kind, share] of mixOf(slice)) {
				context.fillStyle = colours[kind];
				context.fillRect(begin, at, end - begin, height * share);
				at += height * share;
			}
			continue;
		}
		const pixel = Math.floor(begin), sums = pixels.get(pixel) || new Map();
		for (const [kind, share] of mixOf(slice))
			sums.set(kind, (sums.get(kind) || 0) + share * (end - begin));
		pixels.set(pixel, sums);
	}
	for (const [pixel, sums] of pixels) {
		const all = Math.max(1, [...sums.values()].reduce((a, b) => a + b, 0));
		let at = top;
		for (const [kind, part] of [...sums].sort((a, b) => a[0] - b[0])) {
			context.fillStyle = colours[kind];
			context.fillRect(pixel, at, 1, height * part / all);
			at += height * part / all;
		}
	}
}

function laneColours() {
	const colours = recorded.kinds.map(name => colourOf(name));
	colours.unknown = colourOf("unknown");
	return colours;
}
