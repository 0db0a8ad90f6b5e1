declare const fazt: any;

export interface Task { id: string; title: string; due?: string; tags: string[]; done: boolean }

const { ds } = fazt.app;

export async function list({ done }: { done?: boolean }): Promise<Task[]> {
  return ds.find('tasks', done === undefined ? {} : { done });
}

export async function add(task: Omit<Task, 'id' | 'done'>): Promise<Task> {
  const id = ds.insert('tasks', { ...task, done: false });
  return ds.findOne('tasks', id);
}

export async function get(id: string): Promise<Task | null> {
  return ds.findOne('tasks', id);
}

export async function change(id: string, changes: Partial<Task>): Promise<Task | null> {
  ds.update('tasks', { id }, { $set: changes });
  return ds.findOne('tasks', id);
}
