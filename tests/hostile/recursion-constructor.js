// a constructor that constructs itself; ends: error
function C() {
	this.next = new C();
}
new C();
