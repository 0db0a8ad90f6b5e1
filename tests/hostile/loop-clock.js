// waiting by asking the clock; ends: timeout
var end = Date.now() + 1e12;
while (Date.now() < end || performance.now() > -1) {
}
