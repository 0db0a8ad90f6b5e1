/*
 * A stable sort.  The engine's is a quicksort in C that calls the comparison function as
 * often; a merge sort over insertion-sorted runs of eight keeps equal items in order and
 * is not slower.  The engine's own is used where the order of equal items cannot be seen:
 * for texts without a comparison function.
 */
(function (lib) {
'use strict';

var RUN = 8;
var callable = lib.callable, lengthOf = lib.lengthOf, list = lib.list;
var isArray = Array.isArray;
var engineSort = Array.prototype.sort;
var apply = Reflect.apply;

function insertion(a, from, to, compare) {
	var i, k, item;

	for (i = from + 1; i < to; i++) {
		item = a[i];
		for (k = i - 1; k >= from && compare(a[k], item) > 0; k--)
			a[k + 1] = a[k];
		a[k + 1] = item;
	}
}

function merge(a, b, left, middle, right, compare) {
	var l = left, r = middle, k = left;

	// Runs already in order are copied: sorted input costs one comparison a run.
	if (middle < right && compare(a[middle - 1], a[middle]) > 0)
		while (l < middle && r < right)
			b[k++] = compare(a[l], a[r]) > 0 ? a[r++] : a[l++];
	while (l < middle)
		b[k++] = a[l++];
	while (r < right)
		b[k++] = a[r++];
}

function mergeSort(a, compare) {
	var n = a.length, b = new Array(n), width, i, middle, right, t;

	for (i = 0; i < n; i += RUN)
		insertion(a, i, i + RUN < n ? i + RUN : n, compare);
	for (width = RUN; width < n; width *= 2) {
		for (i = 0; i < n; i += 2 * width) {
			middle = i + width < n ? i + width : n;
			right = i + 2 * width < n ? i + 2 * width : n;
			merge(a, b, i, middle, right, compare);
		}
		t = a;
		a = b;
		b = t;
	}
	return a;
}
lib.mergeSort = mergeSort;

function texts(a) {
	var i;

	for (i = 0; i < a.length; i++)
		if (typeof a[i] !== 'string')
			return false;
	return true;
}

/* Items that are there, without undefined, by their texts. */
function byText(a) {
	var pairs = [], i;

	if (texts(a))
		return apply(engineSort, a, []);
	for (i = 0; i < a.length; i++)
		pairs[i] = { text: String(a[i]), item: a[i] };
	pairs = mergeSort(pairs, function (x, y) {
		return x.text < y.text ? -1 : x.text > y.text ? 1 : 0;
	});
	for (i = 0; i < pairs.length; i++)
		pairs[i] = pairs[i].item;
	return pairs;
}

/* Sort in place: values, then undefined, then holes. */
function sort(object, compare) {
	var n = lengthOf(object), items = [], missing = 0, i;

	for (i = 0; i < n; i++) {
		if (!isArray(object) && !(i in object))
			continue;
		if (object[i] !== undefined)
			items[items.length] = object[i];
		else if (i in object)
			missing++;
	}
	items = compare === undefined ? byText(items) : mergeSort(items, compare);
	for (i = 0; i < items.length; i++)
		object[i] = items[i];
	for (; missing > 0; missing--)
		object[i++] = undefined;
	for (; i < n; i++)
		if (i in object)
			delete object[i];
	return object;
}
lib.sort = sort;

lib.methods(Array.prototype, {
	sort(compare) {
		if (compare !== undefined)
			callable(compare, 'The comparison function');
		return sort(list(this), compare);
	}
});
})(__lib);
