/** A number that tells `changed` whenever it grows. */
export function counter(changed) {
	let n = 0
	return {
		more() {
			n += 1
			changed(n)
		},
	}
}
