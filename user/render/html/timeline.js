/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The timeline: what part of it is seen, and what is pointed at. */

const timelineView = {from: 0, to: 1, left: 0, width: 1};
let timelinePicked = null, timelineHover = null; /* {lane, slice} */
let timelineCanvas, timelineBox, timelineFrame = 0;

function drawTimelineSoon() {
	if (!timelineFrame)
		timelineFrame = requestAnimationFrame(() => { timelineFrame = 0; drawTimeline(); });
}

function setView(from, to) {
	const window_ns = recorded.window_ns, span = Math.min(window_ns, Math.max(200, to - from));
	timelineView.from = Math.max(0, Math.min(from, window_ns - span));
	timelineView.to = timelineView.from + span;
	drawTimelineSoon();
}

function zoom(factor, around) {
	const {from, to} = timelineView, at = around === undefined ? (from + to) / 2 : around;
	setView(at - (at - from) * factor, at + (to - at) * factor);
}

function pan(share) {
	const by = (timelineView.to - timelineView.from) * share;
	setView(timelineView.from + by, timelineView.to + by);
}

function timeAt(x) {
	return timelineView.from + (x - timelineView.left) / timelineView.width * (timelineView.to - timelineView.from);
}

function xAt(time) {
	return timelineView.left + (time - timelineView.from) / (timelineView.to - timelineView.from) * timelineView.width;
}

/* An instant on an axis, as exact as its step. */
function axisText(time, step) {
	if (!time)
		return "0";
	const unit = step >= 1e9 ? [1e9, "s"] : step >= 1e6 ? [1e6, "ms"] : step >= 1e3 ? [1e3, "us"] : [1, "ns"];
	const digits = step / unit[0] % 1 ? 1 : 0;
	return (time / unit[0]).toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits}) + " " + unit[1];
}

function drawAxis(context, height) {
	const step = niceStep((timelineView.to - timelineView.from) / Math.max(1, timelineView.width / 110));
	context.fillStyle = colourOf("dim");
	context.strokeStyle = colourOf("line");
	context.textAlign = "left";
	for (let at = Math.ceil(timelineView.from / step) * step; at <= timelineView.to; at += step) {
		const x = Math.round(xAt(at)) + 0.5, text = axisText(at, step);
		context.beginPath();
		context.moveTo(x, 2);
		context.lineTo(x, height);
		context.stroke();
		if (x + context.measureText(text).width + 4 < timelineView.left + timelineView.width)
			context.fillText(text, x + 4, 12);
	}
}

function drawTimelineLosses(context, height) {
	context.fillStyle = colourOf("bad");
	for (const [time] of recorded.losses) {
		const x = xAt(time);
		if (x < timelineView.left || x > timelineView.left + timelineView.width)
			continue;
		context.globalAlpha = 0.5;
		context.fillRect(x - 1, AXIS_HEIGHT - 4, 2, height);
		context.globalAlpha = 1;
		context.beginPath();
		context.moveTo(x - 4, AXIS_HEIGHT - 8);
		context.lineTo(x + 4, AXIS_HEIGHT - 8);
		context.lineTo(x, AXIS_HEIGHT - 2);
		context.fill();
	}
}

function fitText(context, text, width) {
	while (text.length > 1 && context.measureText(text).width > width)
		text = text.slice(0, -2) + "…";
	return text;
}

function drawLabel(context, lane, top) {
	const narrow = isNarrow();
	context.textAlign = "left";
	if (lane.heading) {
		context.fillStyle = colourOf("text");
		context.font = "600 12px system-ui, sans-serif";
		context.fillText(fitText(context, lane.heading, narrow ? timelineView.width : timelineView.left + timelineView.width - 12), 8, top + 14);
		context.font = "11px system-ui, sans-serif";
		return;
	}
	if (narrow)
		return;
	context.fillStyle = colourOf(lane.alone ? "text" : "dim");
	context.font = lane.alone ? "600 12px system-ui, sans-serif" : "11px system-ui, sans-serif";
	const indent = lane.alone ? 8 : 18;
	context.fillText(fitText(context, lane.alone || lane.tid + " " + lane.comm, timelineView.left - indent - 8), indent, top + 13);
}

function drawPicked(context, chosen, scrolled, strong) {
	if (!chosen)
		return;
	const top = AXIS_HEIGHT + chosen.lane.row * LANE_HEIGHT - scrolled;
	const begin = Math.max(timelineView.left, xAt(chosen.slice.since)), end = Math.min(timelineView.left + timelineView.width, xAt(chosen.slice.until));
	context.strokeStyle = colourOf("text");
	context.lineWidth = strong ? 2 : 1;
	if (end >= begin && top >= AXIS_HEIGHT - LANE_HEIGHT)
		context.strokeRect(begin - 0.5, top + 1.5, Math.max(2, end - begin) + 1, LANE_HEIGHT - 3);
	const waker = wakerLane(chosen.slice), x = xAt(chosen.slice.until);
	if (strong && waker && x >= timelineView.left && x <= timelineView.left + timelineView.width) {
		const from = AXIS_HEIGHT + waker.row * LANE_HEIGHT - scrolled + LANE_HEIGHT / 2, to = top + LANE_HEIGHT / 2;
		const tip = to > from ? -6 : 6;
		context.beginPath();
		context.moveTo(x, Math.max(AXIS_HEIGHT, from));
		context.lineTo(x, to);
		context.lineTo(x - 4, to + tip);
		context.moveTo(x, to);
		context.lineTo(x + 4, to + tip);
		context.stroke();
	}
	context.lineWidth = 1;
}

/* Blocked time only: who ends it is the detail's, and has a lane if it is traced. */
function wakerLane(slice) {
	const track = slice.kind >= 3 ? recorded.details[slice.detail || 0][1] : 0;
	const lane = track ? recorded.lanes[track - 1] : null;
	return lane && lane.slices.length ? lane : null;
}

/* No room for names beside the lanes. */
function isNarrow() {
	return timelineBox.clientWidth < 560;
}

function drawTimeline() {
	const width = timelineBox.clientWidth, height = Math.min(timelineBox.clientHeight, AXIS_HEIGHT + laneList.length * LANE_HEIGHT + 6);
	const context = sizedContext(timelineCanvas, width, height), scrolled = timelineBox.scrollTop, colours = laneColours();
	timelineView.left = isNarrow() ? 8 : Math.min(220, width * 0.2);
	timelineView.width = width - timelineView.left - 8;
	drawAxis(context, height);
	context.save();
	context.beginPath();
	context.rect(0, AXIS_HEIGHT - 2, width, height);
	context.clip();
	laneList.forEach((lane, row) => {
		const top = AXIS_HEIGHT + row * LANE_HEIGHT - scrolled;
		if (top < -LANE_HEIGHT || top > height)
			return;
		if (lane.slices)
			paintLane(context, lane, top + 2, timelineView, colours);
		drawLabel(context, lane, top);
	});
	drawPicked(context, timelineHover, scrolled, false);
	drawPicked(context, timelinePicked, scrolled, true);
	context.restore();
	drawTimelineLosses(context, height);
	byId("timeline-span").textContent = timeText(timelineView.to - timelineView.from) + " from " + timeText(timelineView.from);
}

/* --- what is pointed at ----------------------------------------------------------------------- */

function instantText(ns) {
	return (ns / 1e6).toLocaleString("en-US", {minimumFractionDigits: 3, maximumFractionDigits: 3}) + " ms";
}

function sliceText(lane, slice) {
	const when = timeText(slice.until - slice.since) + ", from " + instantText(slice.since) + " on. ", who = lane.tid + " " + lane.comm + ": ";
	if (slice.parts) {
		const parts = slice.parts.map(([kind, ns]) => kindName(kind) + " " + timeText(ns)).join(", ");
		return who + plural(slice.merged, "slice") + " in " + when + parts;
	}
	const name = kindName(slice.kind), detail = recorded.details[slice.detail][0];
	if (slice.kind < 3)
		return who + name + " for " + when + (detail && name === "runnable" ? "After " + detail : "");
	return who + "blocked for " + when + (detail || name);
}

function showDetail() {
	const chosen = timelineHover || timelinePicked;
	byId("timeline-detail").textContent = chosen ? sliceText(chosen.lane, chosen.slice) : "Point at a slice to see what it was.";
	drawTimelineSoon();
}

function sliceAt(x, y) {
	const lane = laneList[Math.floor((y - AXIS_HEIGHT + timelineBox.scrollTop) / LANE_HEIGHT)];
	if (!lane || !lane.slices || y < AXIS_HEIGHT || x < timelineView.left)
		return null;
	const near = (timelineView.to - timelineView.from) / timelineView.width, time = timeAt(x);
	const slice = lane.slices[firstFrom(lane.slices, time)];
	return slice && slice.since <= time + near ? {lane, slice} : null;
}

/* Makes room around it, if it is not seen. */
function reveal(chosen) {
	const {from, to} = timelineView, span = to - from, {since, until} = chosen.slice;
	if (since < from || until > to) {
		const wanted = Math.max(span, (until - since) * 1.5);
		setView((since + until) / 2 - wanted / 2, (since + until) / 2 + wanted / 2);
	}
	const top = chosen.lane.row * LANE_HEIGHT;
	if (top < timelineBox.scrollTop || top + 2 * LANE_HEIGHT + AXIS_HEIGHT > timelineBox.scrollTop + timelineBox.clientHeight)
		timelineBox.scrollTop = Math.max(0, top - timelineBox.clientHeight / 2);
}

function pick(chosen) {
	timelinePicked = chosen;
	timelineHover = null;
	if (chosen)
		reveal(chosen);
	showDetail();
}

/* Another slice of the thread, or the one of another thread at the same time. */
function pickNext(step) {
	const lane = timelinePicked ? timelinePicked.lane : laneList.find(each => each.slices);
	if (!lane)
		return;
	const at = timelinePicked ? lane.slices.indexOf(timelinePicked.slice) + step : firstFrom(lane.slices, timelineView.from);
	if (lane.slices[at])
		pick({lane, slice: lane.slices[at]});
}

function pickLane(step) {
	const time = timelinePicked ? timelinePicked.slice.since : timelineView.from;
	let row = timelinePicked ? timelinePicked.lane.row + step : 0;
	while (laneList[row] && !laneList[row].slices)
		row += step;
	const lane = laneList[row];
	if (lane)
		pick({lane, slice: lane.slices[Math.min(lane.slices.length - 1, firstFrom(lane.slices, time))]});
}

/* --- hands ------------------------------------------------------------------------------------ */

const timelineKeys = {
	ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
	0: () => setView(0, recorded.window_ns), n: () => pickNext(1), p: () => pickNext(-1),
	ArrowUp: () => pickLane(-1), ArrowDown: () => pickLane(1), Escape: () => pick(null),
};

function listenToPointers() {
	const pointers = new Map();
	let moved = 0, apart = 0;
	const place = event => {
		const box = timelineCanvas.getBoundingClientRect();
		return {x: event.clientX - box.left, y: event.clientY - box.top};
	};
	const distance = () => {
		const [a, b] = [...pointers.values()];
		return Math.max(20, Math.abs(a.x - b.x));
	};
	timelineCanvas.addEventListener("pointerdown", event => {
		pointers.set(event.pointerId, place(event));
		timelineCanvas.setPointerCapture(event.pointerId);
		moved = 0;
		apart = pointers.size === 2 ? distance() : 0;
	});
	timelineCanvas.addEventListener("pointermove", event => {
		const at = place(event), before = pointers.get(event.pointerId);
		if (!before) {
			timelineHover = sliceAt(at.x, at.y);
			showDetail();
			return;
		}
		pointers.set(event.pointerId, at);
		if (pointers.size === 2) {
			zoom(apart / distance(), timeAt([...pointers.values()].reduce((sum, each) => sum + each.x, 0) / 2));
			apart = distance();
		} else {
			pan((before.x - at.x) / timelineView.width);
		}
		moved += Math.abs(before.x - at.x);
		timelineCanvas.classList.toggle("moving", moved > 3);
	});
	const end = event => {
		const at = place(event);
		if (pointers.delete(event.pointerId) && event.type === "pointerup" && moved < 4)
			pick(sliceAt(at.x, at.y));
		timelineCanvas.classList.remove("moving");
	};
	timelineCanvas.addEventListener("pointerup", end);
	timelineCanvas.addEventListener("pointercancel", end);
	timelineCanvas.addEventListener("pointerleave", () => { timelineHover = null; showDetail(); });
	timelineCanvas.addEventListener("wheel", event => {
		if (event.ctrlKey || event.metaKey)
			zoom(Math.exp(event.deltaY / 200), timeAt(place(event).x));
		else if (Math.abs(event.deltaX) > Math.abs(event.deltaY))
			pan(event.deltaX / timelineView.width);
		else
			return;
		event.preventDefault();
	}, {passive: false});
}

function listenToTimeline() {
	listenToPointers();
	timelineBox.addEventListener("keydown", event => {
		const key = timelineKeys[event.key];
		if (!key || event.ctrlKey || event.altKey || event.metaKey)
			return;
		key();
		event.preventDefault();
	});
	byId("zoom-in").addEventListener("click", () => zoom(0.5));
	byId("zoom-out").addEventListener("click", () => zoom(2));
	byId("pan-left").addEventListener("click", () => pan(-0.5));
	byId("pan-right").addEventListener("click", () => pan(0.5));
	byId("zoom-all").addEventListener("click", () => setView(0, recorded.window_ns));
	timelineBox.addEventListener("scroll", drawTimelineSoon);
	window.addEventListener("resize", drawTimelineSoon);
	themeListeners.push(drawTimelineSoon);
}

function timelineNotes() {
	const notes = [];
	if (recorded.resolution_ns)
		notes.push(countText(recorded.slices_seen) + " slices are shown as " + countText(recorded.slices_shown) + ": what is shorter than " +
			timeText(recorded.resolution_ns) + " is merged with its neighbours, and keeps the time of each kind (its colours' heights), not the order.");
	else
		notes.push("All " + countText(recorded.slices_seen) + " slices.");
	if (recorded.threads_hidden)
		notes.push(plural(recorded.threads_hidden, "thread") + " more have no room here.");
	if (recorded.losses.length)
		notes.push("Events were lost where the red marks are.");
	return notes.join(" ");
}

function showTimeline() {
	if (!recorded || !recorded.lanes.length)
		return;
	byId("timeline").hidden = false;
	timelineCanvas = byId("canvas");
	timelineBox = byId("lanes");
	makeLanes(isNarrow());
	byId("lanes-all").style.height = AXIS_HEIGHT + laneList.length * LANE_HEIGHT + 6 + "px";
	timelineView.to = recorded.window_ns;
	byId("timeline-notes").textContent = timelineNotes();
	listenToTimeline();
	showDetail();
	drawTimeline();
}
