import { z } from 'zod';
import { Router } from './router';
import * as tasks from './tasks';

const NewTask = z.object({
  title: z.string().trim().min(1).max(200),
  due: z.string().datetime().optional(),
  tags: z.array(z.string()).max(10).default([]),
});
const Change = NewTask.partial().extend({ done: z.boolean().optional() });

const router = new Router();

router.get('/api/tasks', async ({ query }) => ({
  status: 200,
  body: await tasks.list({ done: query.done === undefined ? undefined : query.done === 'true' }),
}));

router.post('/api/tasks', async ({ body }) => {
  const parsed = NewTask.safeParse(body);
  if (!parsed.success) return { status: 400, body: { errors: parsed.error.issues } };
  return { status: 201, body: await tasks.add(parsed.data) };
});

router.get('/api/tasks/:id', async (_request, { id }) => found(await tasks.get(id)));

router.patch('/api/tasks/:id', async ({ body }, { id }) => {
  const parsed = Change.safeParse(body);
  if (!parsed.success) return { status: 400, body: { errors: parsed.error.issues } };
  return found(await tasks.change(id, parsed.data));
});

function found<T>(value: T | null) {
  return value === null ? { status: 404, body: { error: 'no such task' } } : { status: 200, body: value };
}

export default async function handler(request: Request) {
  return router.handle(request);
}
