export interface Answer { status: number; body?: unknown; headers?: Record<string, string> }
type Params = Record<string, string>;
type Handler = (request: any, params: Params) => Promise<Answer>;

interface Route { method: string; parts: string[]; handler: Handler }

export class Router {
  #routes: Route[] = [];

  get = (path: string, handler: Handler) => this.#add('GET', path, handler);
  post = (path: string, handler: Handler) => this.#add('POST', path, handler);
  patch = (path: string, handler: Handler) => this.#add('PATCH', path, handler);

  #add(method: string, path: string, handler: Handler): this {
    this.#routes.push({ method, parts: path.split('/'), handler });
    return this;
  }

  async handle(request: any): Promise<Answer> {
    const asked: string[] = request.path.split('/');
    const methods = new Set<string>();
    for (const { method, parts, handler } of this.#routes) {
      const params = match(parts, asked);
      if (params === null) continue;
      if (method === request.method) return await handler(request, params);
      methods.add(method);
    }
    if (methods.size > 0) return { status: 405, body: { error: 'method not allowed' }, headers: { Allow: [...methods].join(', ') } };
    return { status: 404, body: { error: 'no such path' } };
  }
}

function match(parts: string[], asked: string[]): Params | null {
  if (parts.length !== asked.length) return null;
  const params: Params = {};
  for (const [i, part] of parts.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(asked[i]);
    else if (part !== asked[i]) return null;
  }
  return params;
}
