/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** One page in a headless Chromium, by its DevTools protocol: looks at it with JavaScript, and uses the keyboard. It reaches loopback alone. */
final class Browser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    /** What the page's log has of errors, and exceptions that nobody caught. */
    final List<String> errors = new CopyOnWriteArrayList<>();

    private final Process process;
    private final WebSocket page;

    /** Skipped, and said so, where there is no Chromium. */
    Browser(Path profile, int width, int height) throws Exception {
        process = start(profile, width, height);
        URI devTools = devTools();
        HttpRequest newPage = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + devTools.getPort() + "/json/new?about:blank"))
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build();
        JsonNode target = JSON.readTree(
                http.send(newPage, HttpResponse.BodyHandlers.ofString()).body());
        page = http.newWebSocketBuilder()
                .buildAsync(URI.create(target.get("webSocketDebuggerUrl").asText()), new Messages())
                .get(20, TimeUnit.SECONDS);
        call("Runtime.enable", Map.of());
        call("Log.enable", Map.of());
        call("Page.enable", Map.of());
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    private static Process start(Path profile, int width, int height) throws IOException {
        try {
            return new ProcessBuilder(
                            "chromium",
                            "--headless=new",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--no-first-run",
                            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                            "--lang=en",
                            "--window-size=" + width + "," + height,
                            "--remote-debugging-port=0",
                            "--user-data-dir=" + profile,
                            "about:blank")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            System.out.println("ConsoleTest: skipped: no chromium on this machine");
            return Assumptions.abort("no chromium on this machine");
        }
    }

    private URI devTools() throws IOException {
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        String announced = "DevTools listening on ";
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.startsWith(announced)) {
                Thread rest = new Thread(() -> said.lines().forEach(ignored -> {}), "chromium says");
                rest.setDaemon(true);
                rest.start();
                return URI.create(line.substring(announced.length()));
            }
        }
        throw new IOException("chromium has ended with " + process.exitValue());
    }

    private final class Messages implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                received(message.toString());
                message.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }

    private void received(String message) {
        try {
            JsonNode said = JSON.readTree(message);
            CompletableFuture<JsonNode> answer = answers.remove(said.path("id").asInt());
            if (answer != null) {
                answer.complete(said);
            } else if (said.path("method").asText().equals("Runtime.exceptionThrown")
                    || said.path("params").path("entry").path("level").asText().equals("error")) {
                errors.add(said.get("params").toString());
            }
        } catch (IOException e) {
            errors.add(message);
        }
    }

    private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode command = JSON.createObjectNode().put("id", id).put("method", method);
        command.set("params", JSON.valueToTree(parameters));
        page.sendText(command.toString(), true).get(20, TimeUnit.SECONDS);
        JsonNode said = answer.get(20, TimeUnit.SECONDS);
        assertThat(said.has("error")).as("%s: %s", method, said).isFalse();
        return said.get("result");
    }

    void open(String url) throws Exception {
        call("Page.navigate", Map.of("url", url));
        see("document.readyState", "complete");
    }

    /** @return what the expression gives, as text */
    String get(String expression) throws Exception {
        JsonNode result = call("Runtime.evaluate", Map.of("expression", "String(" + expression + ")"));
        return result.get("result").path("value").asText();
    }

    /** Waits until the expression gives this. */
    void see(String expression, String expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get(expression)).as(expression).isEqualTo(expected));
    }

    /** The one element that the selector finds gets the focus, as by the tabulator. */
    private void focus(String selector) throws Exception {
        String found = "document.querySelector(" + JSON.writeValueAsString(selector) + ")";
        see("document.querySelectorAll(" + JSON.writeValueAsString(selector) + ").length", "1");
        assertThat(get("(" + found + ".focus(), document.activeElement === " + found + ")"))
                .as("%s can have the focus", selector)
                .isEqualTo("true");
    }

    private void key(String name, String text) throws Exception {
        int code = name.equals("Enter") ? 13 : 0;
        call(
                "Input.dispatchKeyEvent",
                Map.of("type", "keyDown", "key", name, "text", text, "windowsVirtualKeyCode", code));
        call("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", name, "windowsVirtualKeyCode", code));
    }

    /** Presses a button, with the keyboard. */
    void press(String selector) throws Exception {
        focus(selector);
        key("Enter", "\r");
    }

    /** Replaces what stands in a field. */
    void type(String selector, String text) throws Exception {
        focus(selector);
        get("document.activeElement.select()");
        call("Input.insertText", Map.of("text", text));
    }

    void screenshot(Path file) throws Exception {
        String png = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
                .get("data")
                .asText();
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(png));
    }

    @Override
    public void close() {
        page.abort();
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
    }
}
