/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A table that sorts by any column, shows what passes a filter, and adds it up. */

const ROWS_AT_ONCE = 40;

/*
 * columns: {name, says, value(row), text(row), number, wide, show(row, cell), sum}. What `value`
 * gives is sorted by. Returns {element, filter(passes), draw()}.
 */
function makeTable(columns, rows, sortedBy, caption) {
	const state = {column: sortedBy, descending: true, passes: () => true, shown: ROWS_AT_ONCE};
	const body = make("tbody"), foot = make("tfoot"), headers = make("tr");
	const more = make("button", {type: "button", class: "more", on: () => {
		state.shown += ROWS_AT_ONCE * 5;
		draw();
	}});
	columns.forEach((column, number) => {
		const button = make("button", {type: "button", text: column.name, title: column.says, on: () => {
			state.descending = state.column === number ? !state.descending : !!column.number;
			state.column = number;
			draw();
		}});
		headers.append(make("th", {scope: "col", class: column.number ? "n" : null}, button));
	});
	const table = make("table", {"aria-label": caption}, make("thead", {}, headers), body, foot);

	function compare(a, b) {
		const value = columns[state.column].value, x = value(a), y = value(b);
		const order = typeof x === "string" ? x.localeCompare(y) : (x === null ? -1 : x) - (y === null ? -1 : y);
		return state.descending ? -order : order;
	}
	function cell(row, column) {
		const element = make("td", {class: (column.number ? "n" : "") + (column.wide ? " wide" : ""),
			"data-name": column.name});
		if (column.show)
			column.show(row, element);
		else
			element.textContent = column.text ? column.text(row) : column.value(row);
		return element;
	}
	function drawSums(passing) {
		foot.replaceChildren(make("tr", {}, ...columns.map((column, number) => {
			if (number === 0)
				return make("td", {class: "wide", text: plural(passing.length, "row"), "data-sum": "rows",
					"data-value": passing.length});
			if (!column.sum)
				return make("td", {});
			const sum = passing.reduce((so_far, row) => so_far + column.value(row), 0);
			return make("td", {class: "n", text: column.sum(sum), "data-name": column.name,
				"data-sum": column.name, "data-value": sum});
		})));
	}
	function draw() {
		const passing = rows.filter(state.passes).sort(compare);
		[...headers.children].forEach((header, number) => {
			header.removeAttribute("aria-sort");
			if (number === state.column)
				header.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
		});
		body.replaceChildren(...passing.slice(0, state.shown).map(row => {
			const element = make("tr", {}, ...columns.map(column => cell(row, column)));
			if (row.picked)
				element.className = "picked";
			return element;
		}));
		drawSums(passing);
		more.hidden = passing.length <= state.shown;
		more.textContent = "Show more of " + plural(passing.length - state.shown, "row");
	}
	draw();
	return {element: make("div", {}, table, more), draw, filter: passes => {
		state.passes = passes;
		state.shown = ROWS_AT_ONCE;
		draw();
	}};
}
