/*
 * What is loaded when it is used: the file, where its names are, the names.  They are
 * also what __preload looks for in the text of an app.
 */
(function (lib) {
'use strict';

var global = lib.global;

lib.lazy('17-collate', String.prototype, 'localeCompare');
lib.lazy('19-localenumber', Number.prototype, 'toLocaleString');
lib.lazy('23-setalgebra', Set.prototype, 'union intersection difference ' +
    'symmetricDifference isSubsetOf isSupersetOf isDisjointFrom');
lib.lazy('33-decorators', global, '__decorate __param __metadata __esDecorate ' +
    '__runInitializers __addDisposableResource __disposeResources');
lib.lazy('34-asyncgenerator', global,
    '__await __asyncGenerator __asyncDelegator __asyncValues');
lib.lazy('41-special', global, '__re');
lib.lazy('41-special', String.prototype, 'matchAll');
lib.lazy('41-special', Symbol, 'match matchAll replace search split', 'Symbol.');
lib.lazy('45-localedate', Date.prototype,
    'toLocaleString toLocaleDateString toLocaleTimeString');
lib.lazy('46-encoding', global, 'TextEncoder TextDecoder atob btoa');
lib.lazy('50-url', global, 'URL URLSearchParams');
lib.lazy('52-clone', global, 'structuredClone');
})(__lib);
