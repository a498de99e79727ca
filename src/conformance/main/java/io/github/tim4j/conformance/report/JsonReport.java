/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** A report as JSON: the members of {@link Report} and {@link Result} under their names. Several of them make one HTML page. */
public final class JsonReport {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, new ToStringSerializer())
                    .addDeserializer(Instant.class, new InstantReader()))
            .build();

    private JsonReport() {}

    private static final class InstantReader extends StdDeserializer<Instant> {
        private static final long serialVersionUID = 1L;

        private InstantReader() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            return Instant.parse(parser.getText());
        }
    }

    /**
     * Writes a report.
     *
     * @param report the report
     * @param file   is overwritten
     * @throws IOException if it cannot be written
     */
    public static void write(Report report, Path file) throws IOException {
        Files.write(file, MAPPER.writeValueAsBytes(report));
    }

    /**
     * Reads a report.
     *
     * @param file what {@link #write} wrote
     * @return the report
     * @throws IOException if it cannot be read, or is no report; the message says which
     */
    public static Report read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        try {
            Report report = MAPPER.readValue(bytes, Report.class);
            if (report.results() == null || report.library() == null) {
                throw new IOException(file + " is no report of this kit: it has no results");
            }
            return report;
        } catch (JsonMappingException | JsonParseException e) {
            throw new IOException(file + " is no report of this kit: " + e.getOriginalMessage(), e);
        }
    }
}
