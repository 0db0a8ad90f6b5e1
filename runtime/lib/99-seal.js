/*
 * What was for the library alone goes, and so does what the engine has beyond the
 * standard and a script has no use for.
 */
(function (global) {
'use strict';

['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32',
    'Float64'].forEach(function (name) {
	delete global[name + 'Array'].allocPlain;
	delete global[name + 'Array'].plainOf;
});
Object.defineProperty(global, 'performance', { enumerable: false });
delete global.__lib;
})(globalThis);
