"""A bot with discord.py: registers /add and answers it."""

import os

import discord
import yarl

URL = os.environ["DISCORD_URL"]
discord.http.Route.BASE = f"{URL}/api/v10"  # instead of https://discord.com/api/v10
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(URL.replace("http", "ws") + "/gateway")

client = discord.Client(intents=discord.Intents(guilds=True))
tree = discord.app_commands.CommandTree(client)


@tree.command(description="Adds two numbers")
async def add(interaction: discord.Interaction, a: int, b: int) -> None:
    await interaction.response.send_message(f"{a} + {b} = {a + b}")


client.setup_hook = tree.sync
client.run(os.environ["DISCORD_TOKEN"])
