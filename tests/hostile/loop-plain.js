// a loop without an end; ends: timeout
while (true) {
}
