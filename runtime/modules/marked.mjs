// The class Marked of later versions of marked: options and extensions of its own.
import * as all from 'marked';

const { marked } = all;

export class Marked {
	constructor(...extensions) {
		this.defaults = all.getDefaults();
		this.use(...extensions);
		this.parse = this.parse.bind(this);
		this.parseInline = this.parseInline.bind(this);
	}
	/* Run f while the defaults of this instance are the ones in force. */
	within(f) {
		const outer = marked.defaults;
		marked.defaults = this.defaults;
		marked.setOptions({});
		try {
			return f();
		} finally {
			this.defaults = marked.defaults;
			marked.defaults = outer;
			marked.setOptions({});
		}
	}
	use(...extensions) {
		this.within(() => marked.use(...extensions));
		return this;
	}
	setOptions(options) {
		this.within(() => marked.setOptions(options));
		return this;
	}
	parse(source, options) {
		return this.within(() => marked.parse(source, options));
	}
	parseInline(source, options) {
		return this.within(() => marked.parseInline(source, options));
	}
	lexer(source, options) {
		return this.within(() => all.lexer(source, options));
	}
	walkTokens(tokens, callback) {
		return this.within(() => marked.walkTokens(tokens, callback));
	}
}
