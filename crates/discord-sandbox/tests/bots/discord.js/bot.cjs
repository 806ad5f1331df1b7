// A bot with discord.js: registers /add and answers it.
const { Client, Events, GatewayIntentBits, SlashCommandBuilder } = require('discord.js');

const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api: `${process.env.DISCORD_URL}/api` }, // instead of https://discord.com/api
});
const number = (name) => (option) =>
  option.setName(name).setDescription('A number').setRequired(true);
const add = new SlashCommandBuilder()
  .setName('add')
  .setDescription('Adds two numbers')
  .addIntegerOption(number('a'))
  .addIntegerOption(number('b'));
client.once(Events.ClientReady, () => client.application.commands.set([add]));
client.on(Events.InteractionCreate, async (interaction) => {
  const [a, b] = ['a', 'b'].map((name) => interaction.options.getInteger(name));
  await interaction.reply(`${a} + ${b} = ${a + b}`);
});
client.login(process.env.DISCORD_TOKEN);
