import { counter } from './counter.js'

const count = counter(n => {
	document.getElementById('count').textContent = String(n)
})

document.getElementById('more').addEventListener('click', () => count.more())
