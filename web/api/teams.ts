import { demandWhole } from '../identity/principal';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { memberChanged, memberWanted, newTeam, teamAdded, teamList } from './schemas/people';

export const teamRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/teams',
    permission: 'user',
    may: 'audit',
    summary: 'lists the teams: their roles, and who is in them',
    answers: { 200: teamList },
    handle: async ({ engine }, ctx) => {
      ctx.body = { items: await engine.teams.list() };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/teams',
    permission: 'user',
    may: 'people',
    summary: 'makes a team; nobody is in it yet',
    body: newTeam,
    answers: { 201: teamAdded },
    errors: ['conflict'],
    handle: async ({ engine }, ctx, { body }) => {
      const { name } = await engine.teams.add(body.name, actorOf(ctx));
      ctx.status = 201;
      ctx.body = { name };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/teams/:team/members',
    permission: 'user',
    may: 'people',
    summary: "makes somebody a member of a team, with all of the team's roles",
    body: memberWanted,
    answers: { 200: memberChanged },
    handle: async ({ engine }, ctx, { body }) => {
      demandWhole(ctx);
      ctx.body = await engine.teams.join({ team: param(ctx, 'team'), user: body.user }, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/teams/:team/members/remove',
    permission: 'user',
    may: 'people',
    summary: "takes somebody out of a team, and the team's roles from them",
    body: memberWanted,
    answers: { 200: memberChanged },
    errors: ['conflict'],
    handle: async ({ engine }, ctx, { body }) => {
      ctx.body = await engine.teams.leave({ team: param(ctx, 'team'), user: body.user }, actorOf(ctx));
    },
  }),
];
